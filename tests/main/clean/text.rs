//! White space, marks nobody sees, and the order of things: the text is what a reader sees.

use std::sync::LazyLock;

use wireroom::article::{Hint, Rules, clean};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

/// The text of an article that begins with a piece of markup, up to where the rest of the article begins.
fn text_of(markup: &str, language: &str) -> String {
    let rest = "The council met on Tuesday evening in the old library and talked for three hours about the bridge. ";
    let page = format!(
        "<html lang={language}><head><title>The bridge</title></head><body><article>{markup}<p>{}</p><p>{}</p></article>\
         </body></html>",
        rest.repeat(2),
        "Nobody could say when the work would begin, and the mayor went home before the vote was taken at last."
    );
    let article = clean(&page, None, &Hint::default(), &RULES).expect("an article");
    article.text.split("The council met").next().unwrap_or_default().trim_end().to_owned()
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<(&str, String, &str)> = cases
        .iter()
        .map(|(markup, wanted)| (*markup, text_of(markup, "en"), *wanted))
        .filter(|(_, found, wanted)| found != wanted)
        .collect();
    assert!(wrong.is_empty(), "markup, found, wanted: {wrong:#?}");
}

#[test]
fn inline_markup_neither_makes_nor_loses_a_space() {
    check(&[
        ("<p>One <b>two</b>three<i> four</i>, five.</p>", "One twothree four, five."),
        ("<p>They met <a href=/x>Ruth Okafor</a>, who spoke.</p>", "They met Ruth Okafor, who spoke."),
        ("<p>They met<a href=/x> Ruth Okafor </a>who spoke.</p>", "They met Ruth Okafor who spoke."),
        ("<p>It was <em>not</em>; it <strong>is</strong>.</p>", "It was not; it is."),
        ("<p>Two\n   lines\t\tof one  thing.</p>", "Two lines of one thing."),
        ("<p>He said “<q>no</q>” and left.</p>", "He said “no” and left."),
        ("<p>H<sub>2</sub>O and 10<sup>6</sup> of it.</p>", "H2O and 106 of it."),
        ("<p>The <abbr title=x>U.N.</abbr>’s plan is dead.</p>", "The U.N.’s plan is dead."),
        ("<p>Mc<span>Donald</span> was there.</p>", "McDonald was there."),
        ("<p><b>Season</b><i>Winter</i> of it all.</p>", "Season Winter of it all."),
        ("<p><b>Mc</b><i>Donald</i> of it all.</p>", "McDonald of it all."),
        ("<p>On the 12<sup>th</sup> day of it.</p>", "On the 12th day of it."),
        ("<p>A word<!-- comment -->and another.</p>", "A wordand another."),
        ("<p>A word <!-- comment --> and another.</p>", "A word and another."),
        ("<p>The end<a href=#n1></a>. It began.</p>", "The end. It began."),
        ("<p><span>All</span> <span>of</span> <span>it</span>.</p>", "All of it."),
    ]);
}

#[test]
fn an_initial_set_large_belongs_to_its_word() {
    check(&[
        ("<p><span class=dropcap>W</span>hen it rained they left.</p>", "When it rained they left."),
        ("<p><span>W</span> dniu of it they left.</p>", "W dniu of it they left."),
        ("<p><span class=dropcap>W</span> hen it rained they left.</p>", "When it rained they left."),
        ("<p><span class=\"first-letter\">N</span>\nobody came, they said.</p>", "Nobody came, they said."),
        ("<p><span style=\"font-size:3em\">T</span>he rain came down.</p>", "The rain came down."),
        ("<p><span>A</span> rain that never ends came.</p>", "A rain that never ends came."),
        ("<p><span class=dropcap>A</span> rain that never ends came.</p>", "A rain that never ends came."),
        ("<p><span class=dropcap>I</span> was there when it came.</p>", "I was there when it came."),
        ("<p>“<span class=dropcap>W</span>e won,” they said.</p>", "“We won,” they said."),
    ]);
}

#[test]
fn marks_nobody_sees_are_gone_and_marks_that_spell_stay() {
    check(&[
        ("<p>The co&shy;operation of all.</p>", "The cooperation of all."),
        ("<p>The co<wbr>operation of all.</p>", "The cooperation of all."),
        ("<p>The co&#8203;operation of all.</p>", "The cooperation of all."),
        ("<p>The co\u{2060}operation\u{feff} of all.</p>", "The cooperation of all."),
        ("<p>Cafe\u{301} and nai\u{308}ve and A\u{30a}ngstro\u{308}m.</p>", "Café and naïve and Ångström."),
        ("<p>می\u{200c}خواهم that is spelled so.</p>", "می\u{200c}خواهم that is spelled so."),
        ("<p>क्\u{200d}ष that is spelled so.</p>", "क्\u{200d}ष that is spelled so."),
        ("<p>\u{202e}reversed\u{202c} they were of old.</p>", "reversed they were of old."),
        ("<p>A\u{0}b and c\u{1}d and e\u{7}f of it.</p>", "Ab and cd and ef of it."),
        ("<p>In\u{200e} the \u{200f}night of it.</p>", "In the night of it."),
        ("<p>In \u{2068}the\u{2069} night of it.</p>", "In the night of it."),
    ]);
}

#[test]
fn spaces_of_all_widths_are_spaces() {
    check(&[
        ("<p>Ten&nbsp;thousand&nbsp;of them.</p>", "Ten thousand of them."),
        ("<p>Ten\u{2009}thousand\u{202f}of\u{2003}them.</p>", "Ten thousand of them."),
        ("<p>Ten\u{3000}thousand of them.</p>", "Ten thousand of them."),
        ("<p>Said so.</p><p>&nbsp;</p><p>And went.</p>", "Said so.\n\nAnd went."),
        ("<p>&nbsp; Said so. &nbsp;</p>", "Said so."),
    ]);
}

#[test]
fn breaks_and_blocks_part_lines_and_paragraphs() {
    check(&[
        ("<p>First line of it.<br>Second line of it.</p>", "First line of it.\nSecond line of it."),
        ("<p>First line of it. <br/> Second line of it.</p>", "First line of it.\nSecond line of it."),
        ("<p>First thing said.<br><br>Second thing said.</p>", "First thing said.\n\nSecond thing said."),
        ("<p>First thing said.<br>\n<br>\nSecond thing said.</p>", "First thing said.\n\nSecond thing said."),
        ("<div>It ended here.</div><div>It began there.</div>", "It ended here.\n\nIt began there."),
        (
            "<div>It ended here.<p>It began there.</p>It went on.</div>",
            "It ended here.\n\nIt began there.\n\nIt went on.",
        ),
        ("<p>It ended here.<p>It began there.", "It ended here.\n\nIt began there."),
        ("<ul><li>The first of it.</li><li>The second of it.</li></ul>", "The first of it.\n\nThe second of it."),
        ("<ol><li><p>The first of it.</p></li><li>The second.</li></ol>", "The first of it.\n\nThe second."),
        ("<blockquote><p>We won.</p><p>We did.</p></blockquote>", "We won.\n\nWe did."),
        (
            "<table><tr><th>Town</th><th>Votes</th></tr><tr><td>Aldmoor</td><td>112</td></tr></table>",
            "Town | Votes\nAldmoor | 112",
        ),
    ]);
}

#[test]
fn scripts_without_spaces_get_none() {
    let cases = [
        ("<p>北京和上海的会议\n于星期一举行。</p>", "zh", "北京和上海的会议于星期一举行。"),
        ("<p>東京で<b>会議</b>が\n  開かれた。</p>", "ja", "東京で会議が開かれた。"),
        ("<p>発表した<a href=/x>会社</a>は東京にある。</p>", "ja", "発表した会社は東京にある。"),
        ("<p><ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>に行った。</p>", "ja", "東京に行った。"),
        ("<p>서울에서 회의가\n 열렸다.</p>", "ko", "서울에서 회의가 열렸다."),
        ("<p>在 Google 和\nApple 之间。</p>", "zh", "在 Google 和 Apple 之间。"),
        ("<p dir=rtl>قال الرئيس <b>إن</b> المحادثات ستستمر.</p>", "ar", "قال الرئيس إن المحادثات ستستمر."),
        ("<p dir=rtl>הנשיא אמר <a href=/x>כי</a> השיחות יימשכו.</p>", "he", "הנשיא אמר כי השיחות יימשכו."),
    ];
    let wrong: Vec<(&str, String, &str)> = cases
        .into_iter()
        .map(|(markup, language, wanted)| (markup, text_of(markup, language), wanted))
        .filter(|(_, found, wanted)| found != wanted)
        .collect();
    assert!(wrong.is_empty(), "markup, found, wanted: {wrong:#?}");
}

#[test]
fn a_lede_that_stands_twice_stands_once() {
    let lede = "The ferry crews went back to work on Saturday after a deal was struck in the night.";
    assert_eq!(text_of(&format!("<p class=summary>{lede}</p><p>{lede}</p>"), "en"), lede);
    assert_eq!(text_of(&format!("<h2>{lede}</h2><p><b>{lede}</b></p>"), "en"), lede);
}

#[test]
fn a_tower_of_marks_on_one_letter_is_cut_down() {
    let tower = format!("<p>Zal{}go is here to stay for the night.</p>", "\u{301}\u{317}".repeat(5_000));
    let text = text_of(&tower, "en");
    assert!(text.chars().count() < 100 && text.contains("go is here"), "{} characters", text.chars().count());
    let title = format!(
        "<title>Zal{}go</title><article><p>{}</p></article>",
        "\u{301}".repeat(10_000),
        "It was so. ".repeat(40)
    );
    let article = clean(&title, None, &Hint::default(), &RULES).expect("an article");
    assert!(article.title.is_none_or(|title| title.chars().count() < 50));
}

#[test]
fn titles_and_names_hold_no_controls() {
    let body = "It was so and it will be so for all of the days of the town by the sea. ".repeat(10);
    let page = format!(
        "<title>Red\u{1b}[31m alert\u{202e}\u{0} in\u{200b} town</title><meta name=author content=\"Ines\u{202e} Calloway\u{7}\">\
         <article><p>{body}</p></article>"
    );
    let article = clean(&page, None, &Hint::default(), &RULES).expect("an article");
    let bad = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}');
    assert!(!article.title.as_deref().unwrap_or_default().contains(bad), "{:?}", article.title);
    assert!(article.authors.iter().all(|name| !name.contains(bad)), "{:?}", article.authors);
}
