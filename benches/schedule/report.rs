//! The comparison as Markdown.

use std::fmt::Write as _;

use crate::compare::{Against, Comparison};
use crate::replay::Score;

/// The tables, kind by kind, and a summary above them.
pub fn markdown(all: &[Comparison]) -> String {
    let mut page = String::new();
    _ = writeln!(page, "## Summary\n");
    _ = writeln!(
        page,
        "Per cent of the entries lost: a peer's, and ours at no more requests than it spends. Delay per request is each \
         feed by itself / all feeds together (see below); less is better, **bold** is the least.\n"
    );
    let peers: Vec<&str> = all.first().map(|c| c.peers.iter().map(|p| p.name).collect()).unwrap_or_default();
    _ = writeln!(page, "| lost: peer → ours | {} |", peers.join(" | "));
    _ = writeln!(page, "|---|{}", "---|".repeat(peers.len()));
    for kind in all {
        let cells: Vec<String> = kind.peers.iter().map(|p| format!("{} → {}", lost(&p.score), lost(&p.ours))).collect();
        _ = writeln!(page, "| {} | {} |", kind.name, cells.join(" | "));
    }
    _ = writeln!(page, "\n| delay per request | ours | {} |", peers.join(" | "));
    _ = writeln!(page, "|---|---|{}", "---|".repeat(peers.len()));
    for kind in all {
        let scores: Vec<&Score> = std::iter::once(&kind.ours).chain(kind.peers.iter().map(|p| &p.score)).collect();
        let least = |of: fn(&Score) -> f64| scores.iter().map(|s| of(s)).fold(f64::INFINITY, f64::min);
        let (each, together) = (least(Score::each), least(Score::together));
        let bold = |value: f64, least: f64| if value <= least { format!("**{value:.2}**") } else { figure(value) };
        let cells: Vec<String> =
            scores.iter().map(|s| format!("{} / {}", bold(s.each(), each), bold(s.together(), together))).collect();
        _ = writeln!(page, "| {} | {} |", kind.name, cells.join(" | "));
    }
    for kind in all {
        _ = writeln!(page, "\n## {}\n\n{}. {} entries.\n", kind.name, capital(kind.about), kind.ours.published);
        _ = writeln!(
            page,
            "| scheduler | requests a day | lost | median delay | 90th percentile | delay per request: each / together | \
             ours at no more requests: requests, lost, median, 90th |"
        );
        _ = writeln!(page, "|---|---|---|---|---|---|---|");
        row(&mut page, "**wireroom**", &kind.ours, None);
        for peer in &kind.peers {
            row(&mut page, peer.name, &peer.score, Some(peer));
        }
    }
    page
}

fn row(page: &mut String, name: &str, score: &Score, peer: Option<&Against>) {
    let ours = peer.map_or_else(String::new, |peer| {
        let s = &peer.ours;
        format!("{:.2}, {}, {}, {}", s.daily(), s.lost, time(s.delay(0.5)), time(s.delay(0.9)))
    });
    _ = writeln!(
        page,
        "| {name} | {:.2} | {} | {} | {} | {} / {} | {ours} |",
        score.daily(),
        score.lost,
        time(score.delay(0.5)),
        time(score.delay(0.9)),
        figure(score.each()),
        figure(score.together()),
    );
}

fn lost(score: &Score) -> String {
    match 100.0 * score.lost as f64 / score.published.max(1) as f64 {
        0.0 => "0".to_owned(),
        share if share < 0.1 => format!("{share:.3}"),
        share => format!("{share:.2}"),
    }
}

fn figure(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "∞".to_owned() }
}

fn time(seconds: f64) -> String {
    match seconds / 60.0 {
        minutes if minutes.is_infinite() => "never".to_owned(),
        minutes if minutes < 100.0 => format!("{minutes:.1} min"),
        minutes if minutes < 2880.0 => format!("{:.1} h", minutes / 60.0),
        minutes => format!("{:.1} d", minutes / 1440.0),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
