//! The comparison as a picture: for each kind the median delay and the share lost over the requests spent.

use std::fmt::Write as _;

use crate::compare::Comparison;
use crate::replay::Score;

const COLOURS: [&str; 6] = ["#c1121f", "#4361ee", "#7aa5f5", "#2a9d8f", "#e09f3e", "#7b5ea7"];
const NAMES: [&str; 6] =
    ["wireroom", "miniflux, round robin", "miniflux, entry frequency", "CommaFeed", "rss-fetcher", "news-crawl"];
const WIDE: f64 = 270.0;
const HIGH: f64 = 330.0;
const LEFT: f64 = 46.0;
/// Decades of the axes: requests a day, minutes, per cent.
const REQUESTS: (f64, f64) = (0.3, 300.0);
const MINUTES: (f64, f64) = (1.0, 10_000.0);
const LOST: (f64, f64) = (0.001, 100.0);

/// An SVG of all kinds, four in a row.
pub fn svg(all: &[Comparison]) -> String {
    let rows = all.len().div_ceil(4) as f64;
    let (width, height) = (4.0 * WIDE + 30.0, rows * HIGH + 70.0);
    let mut out = String::new();
    _ = writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="Helvetica, Arial, sans-serif" font-size="10" fill="#333"><rect width="100%" height="100%" fill="#fff"/>"##
    );
    for (n, (name, colour)) in NAMES.iter().zip(COLOURS).enumerate() {
        let x = 60.0 + 170.0 * n as f64;
        mark(&mut out, n, x, 22.0, colour);
        _ = writeln!(out, r#"<text x="{:.0}" y="26" font-size="12">{name}</text>"#, x + 10.0);
    }
    for (n, kind) in all.iter().enumerate() {
        panel(&mut out, kind, 10.0 + (n % 4) as f64 * WIDE, 45.0 + (n / 4) as f64 * HIGH);
    }
    _ = writeln!(
        out,
        r#"<text x="{:.0}" y="{:.0}" font-size="12" text-anchor="middle">requests a day and feed; the line is wireroom with poll.delay_per_request from eight minutes to three days, the dot its default</text></svg>"#,
        width / 2.0,
        height - 8.0
    );
    out
}

fn panel(out: &mut String, kind: &Comparison, left: f64, top: f64) {
    let (x0, x1) = (left + LEFT, left + WIDE - 8.0);
    let delay = Axes { x0, x1, y0: top + 170.0, y1: top + 20.0, range: MINUTES };
    let lost = Axes { x0, x1, y0: top + 285.0, y1: top + 195.0, range: LOST };
    _ = writeln!(
        out,
        r#"<text x="{x0:.0}" y="{:.0}" font-size="13" font-weight="bold">{}</text>"#,
        top + 13.0,
        kind.name
    );
    delay
        .frame(out, &[(1.0, "1 min"), (10.0, "10"), (60.0, "1 h"), (360.0, "6 h"), (1440.0, "1 d"), (10_000.0, "7 d")]);
    lost.frame(out, &[(0.001, "0"), (0.01, "0.01 %"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100 %")]);
    for (axes, text) in [(&delay, "median delay"), (&lost, "lost")] {
        let (x, y) = (left + 8.0, f64::midpoint(axes.y0, axes.y1));
        _ = writeln!(
            out,
            r##"<text transform="translate({x:.0} {y:.0}) rotate(-90)" text-anchor="middle" fill="#666">{text}</text>"##
        );
    }
    for (value, label) in [(1.0, "1"), (10.0, "10"), (100.0, "100")] {
        _ = writeln!(
            out,
            r#"<text x="{:.1}" y="{:.0}" text-anchor="middle">{label}</text>"#,
            lost.x(value),
            lost.y0 + 13.0
        );
    }
    let share = |score: &Score| 100.0 * score.lost as f64 / score.published.max(1) as f64;
    let minutes = |score: &Score| score.delay(0.5) / 60.0;
    for (axes, value) in [(&delay, &minutes as &dyn Fn(&Score) -> f64), (&lost, &share)] {
        let line: Vec<String> =
            kind.curve.iter().map(|s| format!("{:.1},{:.1}", axes.x(s.daily()), axes.y(value(s)))).collect();
        _ = writeln!(
            out,
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5" opacity="0.6"/>"#,
            line.join(" "),
            COLOURS[0]
        );
        for (n, peer) in kind.peers.iter().enumerate() {
            mark(out, n + 1, axes.x(peer.score.daily()), axes.y(value(&peer.score)), COLOURS[n + 1]);
        }
        mark(out, 0, axes.x(kind.ours.daily()), axes.y(value(&kind.ours)), COLOURS[0]);
    }
}

struct Axes {
    x0: f64,
    x1: f64,
    y0: f64,
    y1: f64,
    range: (f64, f64),
}

impl Axes {
    fn x(&self, requests: f64) -> f64 {
        self.x0 + (self.x1 - self.x0) * place(requests, REQUESTS)
    }

    fn y(&self, value: f64) -> f64 {
        self.y0 + (self.y1 - self.y0) * place(value, self.range)
    }

    fn frame(&self, out: &mut String, ticks: &[(f64, &str)]) {
        for requests in [1.0, 10.0, 100.0] {
            let x = self.x(requests);
            _ = writeln!(
                out,
                r##"<line x1="{x:.1}" x2="{x:.1}" y1="{:.1}" y2="{:.1}" stroke="#e6e6e6"/>"##,
                self.y0, self.y1
            );
        }
        for (value, label) in ticks {
            let y = self.y(*value);
            _ = writeln!(
                out,
                r##"<line x1="{:.1}" x2="{:.1}" y1="{y:.1}" y2="{y:.1}" stroke="#e6e6e6"/><text x="{:.1}" y="{:.1}" text-anchor="end" font-size="9">{label}</text>"##,
                self.x0,
                self.x1,
                self.x0 - 3.0,
                y + 3.0
            );
        }
        _ = writeln!(
            out,
            r##"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill="none" stroke="#999"/>"##,
            self.x0,
            self.y1,
            self.x1 - self.x0,
            self.y0 - self.y1
        );
    }
}

/// Where a value stands on a logarithmic axis, from nought to one; what is off it stands at its end.
fn place(value: f64, (least, most): (f64, f64)) -> f64 {
    ((value.max(1e-9) / least).ln() / (most / least).ln()).clamp(0.0, 1.0)
}

/// Ours is a dot, each peer has a shape of its own, so that the picture can be read without colours.
fn mark(out: &mut String, shape: usize, x: f64, y: f64, colour: &str) {
    _ = match shape {
        0 => writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="5" fill="{colour}"/>"#),
        1 => writeln!(out, r#"<rect x="{:.1}" y="{:.1}" width="8" height="8" fill="{colour}"/>"#, x - 4.0, y - 4.0),
        2 => writeln!(
            out,
            r#"<rect x="{:.1}" y="{:.1}" width="7" height="7" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            x - 3.5,
            y - 3.5
        ),
        3 => writeln!(out, r#"<path d="M{x:.1} {:.1}l5 9h-10z" fill="{colour}"/>"#, y - 5.0),
        4 => writeln!(out, r#"<path d="M{x:.1} {:.1}l5 5l-5 5l-5 -5z" fill="{colour}"/>"#, y - 5.0),
        _ => writeln!(
            out,
            r#"<path d="M{:.1} {:.1}l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="2.5"/>"#,
            x - 4.0,
            y - 4.0
        ),
    };
}
