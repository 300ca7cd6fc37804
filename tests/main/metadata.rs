//! What a page says of its article: headlines, bylines, dates, languages, kinds, agencies, tags and links.

use std::sync::LazyLock;

use chrono::{DateTime, TimeZone, Utc};
use url::Url;
use wireroom::article::{Article, ArticleKind, CreditKind, DateKind, Hint, Precision, Rules, clean, clean_plain};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

const ADDRESS: &str = "https://www.saltmarsh-courier.example/region/ferry-crews-end-strike";

/// A story long enough to be one.
const STORY: &str = "<p>Ferry crews in the northern harbour went back to work on Saturday after an overnight deal that raises \
    their pay by four percent over two years, the harbour board said.</p><p>The talks had broken down twice since the \
    winter and ended shortly before dawn, when both sides signed in the old customs house.</p><p>The islands had been cut \
    off for nine days, and shops on the outermost one ran short of flour and of lamp oil, according to the mayor.</p>";

/// An article with something in its head and something above its text.
fn page(head: &str, above: &str) -> String {
    format!("<html lang=en><head>{head}</head><body><article>{above}{STORY}</article></body></html>")
}

fn read_at(address: &str, html: &str) -> Article {
    clean(html, Url::parse(address).ok().as_ref(), &Hint::default(), &RULES)
        .unwrap_or_else(|error| panic!("{}: {html}", error.kind()))
}

fn read(head: &str, above: &str) -> Article {
    read_at(ADDRESS, &page(head, above))
}

fn json_ld(fields: &str) -> String {
    format!(r#"<script type="application/ld+json">{{"@type": "NewsArticle", {fields}}}</script>"#)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").with_timezone(&Utc)
}

#[test]
fn a_headline_is_without_its_site() {
    for (head, above, wanted) in [
        ("<title>Crews end strike | Saltmarsh Courier</title>", "", "Crews end strike"),
        ("<title>Crews end strike - Saltmarsh Courier</title>", "", "Crews end strike"),
        (
            "<title>Crews end strike – The Tide</title><meta property=og:site_name content='The Tide'>",
            "",
            "Crews end strike",
        ),
        (
            "<title>Crews end strike for good | Region | News | Saltmarsh Courier</title>",
            "",
            "Crews end strike for good",
        ),
        ("<title>Crews end strike | Region | Courier.example</title>", "<h1>Crews end strike</h1>", "Crews end strike"),
        (
            "<title>Streik der Fähren beendet: Küstenblatt</title>",
            "<h1>Streik der Fähren beendet</h1>",
            "Streik der Fähren beendet",
        ),
        (
            "<title>フェリーのスト終わる：潮新聞デジタル</title>",
            "<h1>フェリーのスト終わる</h1>",
            "フェリーのスト終わる",
        ),
        (
            "<title>The Tide | Crews end strike</title><meta property=og:site_name content='The Tide'>",
            "",
            "Crews end strike",
        ),
        ("<title>Crews end strike &amp;amp; sail</title>", "", "Crews end strike & sail"),
        ("<title>Cafe\u{301} on the\n  pier reopens</title>", "", "Café on the pier reopens"),
        ("<title>Harbour – a love story in nine days</title>", "", "Harbour – a love story in nine days"),
        ("<meta property=og:title content='Crews end strike'>", "<h1>Saltmarsh Courier</h1>", "Crews end strike"),
        (
            "<meta property=og:title content='Crews \"end\" strike'>",
            "<h1>Crews “end” strike</h1>",
            "Crews “end” strike",
        ),
        ("", "<h1><span>Harbour</span>Crews end strike</h1>", "Harbour Crews end strike"),
        (
            "<meta property=og:title content='Crews end strike'>",
            "<h1>Harbour row: Crews end strike</h1>",
            "Crews end strike",
        ),
    ] {
        assert_eq!(read(head, above).title.as_deref(), Some(wanted), "from {head}{above}");
    }
}

#[test]
fn of_two_headlines_the_publisher_decides() {
    let page = page(
        &format!(
            "<meta property=og:title content='Why the boats sail again'>{}",
            json_ld(r#""headline": "Crews end strike""#)
        ),
        "<h1>Crews end strike</h1>",
    );
    let hint = Hint { title: Some("Crews end strike".to_owned()), ..Hint::default() };
    let article = clean(&page, None, &hint, &RULES).expect("an article");
    assert_eq!(article.title.as_deref(), Some("Crews end strike"), "the feed's");
    let fields = r#""headline": "Crews end strike", "alternativeHeadline": "Boats sail""#;
    let edited = read(&format!("<meta property=og:title content='Why the boats sail again'>{}", json_ld(fields)), "");
    assert_eq!(edited.title.as_deref(), Some("Crews end strike"), "the edited data's");
}

#[test]
fn a_byline_is_names_alone() {
    for (line, wanted) in [
        ("By Ines Calloway", &["Ines Calloway"][..]),
        ("By Ines Calloway, Tomas Brek and Ruth Okafor", &["Ines Calloway", "Tomas Brek", "Ruth Okafor"]),
        ("Von Ines Calloway und Tomas Brek", &["Ines Calloway", "Tomas Brek"]),
        ("Ein Kommentar von Ines Calloway", &["Ines Calloway"]),
        ("Par Ines Calloway et Tomas Brek", &["Ines Calloway", "Tomas Brek"]),
        ("Por Inés Calvo y Tomás Brea Ruiz", &["Inés Calvo", "Tomás Brea Ruiz"]),
        ("José Ortega y Gasset", &["José Ortega y Gasset"]),
        ("di Ines Calloway", &["Ines Calloway"]),
        ("Door Ines Calloway", &["Ines Calloway"]),
        ("Tekst: Ines Calloway", &["Ines Calloway"]),
        ("Автор: Инна Каль", &["Инна Каль"]),
        ("Yazan: İnci Kal", &["İnci Kal"]),
        ("بقلم إيناس كال", &["إيناس كال"]),
        ("오세라 기자", &["오세라"]),
        ("文／潮田洋", &["潮田洋"]),
        ("Oleh Intan Kala", &["Intan Kala"]),
        ("INES CALLOWAY", &["Ines Calloway"]),
        ("Calloway, Ines", &["Ines Calloway"]),
        ("Ines Calloway, Senior Reporter", &["Ines Calloway"]),
        ("Ines Calloway | Harbour correspondent", &["Ines Calloway"]),
        ("Ines Calloway - Chief Editor", &["Ines Calloway"]),
        ("Ines Calloway (Aldmoor)", &["Ines Calloway"]),
        ("Ines Calloway, Aldmoor", &["Ines Calloway"]),
        ("Ines Calloway ines@courier.example", &["Ines Calloway"]),
        ("Ines Calloway, INES CALLOWAY", &["Ines Calloway"]),
        ("Madonna", &["Madonna"]),
        ("Ines Calloway, (Image: Tomas Brek)", &["Ines Calloway"]),
        ("admin", &[]),
        ("https://social.example/ines", &[]),
        ("undefined", &[]),
        ("{{ author.name }}", &[]),
    ] {
        let article = read(&format!("<meta name=author content='{line}'>"), "");
        assert_eq!(article.authors, wanted, "from {line}");
    }
}

#[test]
fn json_ld_names_authors_in_every_form() {
    for (author, wanted) in [
        (r#""Ines Calloway""#, &["Ines Calloway"][..]),
        (r#"["Ines Calloway", "Tomas Brek"]"#, &["Ines Calloway", "Tomas Brek"]),
        (r#"{"@type": "Person", "name": "Ines Calloway"}"#, &["Ines Calloway"]),
        (r#"{"@type": "Person", "name": ["Ines Calloway", "Tomas Brek"]}"#, &["Ines Calloway", "Tomas Brek"]),
        (r#"[[{"name": "Ines Calloway"}], [{"name": "By Tomas Brek"}]]"#, &["Ines Calloway", "Tomas Brek"]),
        (r#"{"@list": [{"name": "Ines Calloway"}]}"#, &["Ines Calloway"]),
        (r#"{"givenName": "Ines", "familyName": "Calloway"}"#, &["Ines Calloway"]),
        (r##"{"@id": "#ines"}"##, &["Ines Calloway"]),
        (r#"{"name": "Ines Calloway &amp;amp; Tomas Brek"}"#, &["Ines Calloway", "Tomas Brek"]),
    ] {
        let script = format!(
            r##"<script type="application/ld+json">{{"@graph": [{{"@type": "NewsArticle", "headline": "Crews end strike",
                "author": {author}}}, {{"@type": "Person", "@id": "#ines", "name": "Ines Calloway"}}]}}</script>"##
        );
        assert_eq!(read(&script, "").authors, wanted, "from {author}");
    }
}

#[test]
fn a_house_signs_where_no_person_does_and_an_agency_never() {
    let house = read(&json_ld(r#""author": {"@type": "Organization", "name": "The Tide"}"#), "");
    assert_eq!(house.authors, ["The Tide"]);
    assert_eq!(house.byline.first().map(|credit| credit.kind), Some(CreditKind::Organization));
    let desk = read("<meta name=author content='Courier Newsroom'>", "");
    assert_eq!(desk.byline.first().map(|credit| credit.kind), Some(CreditKind::Organization));
    let both = read("<meta name=author content='Courier Newsroom'>", "<p class=byline>By Ines Calloway</p>");
    assert_eq!(both.authors, ["Ines Calloway"], "a person is named on the page");
    let wire = read(&json_ld(r#""author": [{"name": "Ines Calloway"}, {"name": "AFP"}]"#), "");
    assert_eq!((wire.authors, wire.agencies), (vec!["Ines Calloway".to_owned()], vec!["AFP".to_owned()]));
    let alone = read("<meta name=author content='The Associated Press'>", "");
    assert_eq!((alone.authors.len(), alone.agencies), (0, vec!["AP".to_owned()]));
}

#[test]
fn a_byline_is_read_where_a_reader_sees_it() {
    for above in [
        "<h1>Crews end strike</h1><div class='article__author'>Ines Calloway</div>",
        "<h1>Crews end strike</h1><p>By Ines Calloway</p>",
        "<h1>Crews end strike</h1><p>Von Ines Calloway</p>",
        "<h1>Crews end strike</h1><span>9 March 2024 | By Ines Calloway</span>",
        "<h1>Crews end strike</h1><a rel=author href=/ines>Ines Calloway</a>",
        "<h1>Crews end strike</h1><span itemprop=author><b itemprop=name>Ines Calloway</b>, reporter</span>",
        "<h1>Crews end strike</h1><div class=comments><p class=author>Angry Reader</p></div><p class=byline>Ines Calloway</p>",
    ] {
        assert_eq!(read("", above).authors, ["Ines Calloway"], "from {above}");
    }
    let pair = "<h1>Crews end strike</h1><span class=author-name>Ines Calloway</span> <span class=author-name>Tomas Brek</span>";
    assert_eq!(read("", pair).authors, ["Ines Calloway", "Tomas Brek"]);
}

fn check_published(head: &str, above: &str, instant: &str, precision: Precision, source: &str) {
    let article = read(head, above);
    let found = (article.published_at, article.published_precision, article.published_source);
    assert_eq!(found, (Some(at(instant)), precision, Some(source)), "from {head}{above}: {:?}", article.dates_found);
}

#[test]
fn the_best_date_is_believed_and_says_how_exact_it_is() {
    let meta = |value: &str| format!("<meta property=article:published_time content='{value}'>");
    let second = Precision::Second;
    check_published(&meta("2024-03-09T06:45:10Z"), "", "2024-03-09T06:45:10Z", second, "opengraph");
    check_published(&meta("2024-03-09T06:45:10+02:00"), "", "2024-03-09T04:45:10Z", second, "opengraph");
    check_published(&meta("2024-03-09T06:45+02:00"), "", "2024-03-09T04:45:00Z", Precision::Minute, "opengraph");
    check_published(&meta("2024-03-09"), "", "2024-03-09T00:00:00Z", Precision::Day, "opengraph");
    check_published(&meta("2024-03-09T00:00:00+02:00"), "", "2024-03-09T00:00:00Z", Precision::Day, "opengraph");
    check_published(&meta("1709966710"), "", "2024-03-09T06:45:10Z", second, "opengraph");
    check_published("<meta name=date content='9 mars 2024'>", "", "2024-03-09T00:00:00Z", Precision::Day, "meta");
    let both = json_ld(r#""datePublished": "2024-03-09T06:45:10Z""#) + &meta("2024-03-08T10:00:00Z");
    check_published(&both, "", "2024-03-09T06:45:10Z", second, "json-ld");
    let day = json_ld(r#""datePublished": "2024-03-09""#) + &meta("2024-03-09T06:45:10Z");
    check_published(&day, "", "2024-03-09T06:45:10Z", second, "opengraph");
    let lie = json_ld(r#""datePublished": "2024-03-09 06:45:10""#) + &meta("2024-03-09T06:45:10+02:00");
    check_published(&lie, "", "2024-03-09T04:45:10Z", second, "json-ld");
    let time = "<h1>Crews end strike</h1><time datetime='2024-03-09T06:45:10Z'>Saturday</time>";
    check_published("", time, "2024-03-09T06:45:10Z", second, "time");
}

#[test]
fn a_time_without_a_zone_is_read_at_home_or_is_a_day() {
    let html = page(&json_ld(r#""datePublished": "2024-03-09T06:45:10""#), "");
    let home = read_at("https://kuestenblatt.de/streik", &html);
    assert_eq!((home.published_at, home.published_precision), (Some(at("2024-03-09T05:45:10Z")), Precision::Second));
    assert_eq!(home.dates_found.first().and_then(|found| found.zone.as_deref()), Some("+01:00"));
    let nowhere = read_at("https://tide.example/strike", &html);
    assert_eq!((nowhere.published_at, nowhere.published_precision), (Some(at("2024-03-09T00:00:00Z")), Precision::Day));
}

#[test]
fn a_date_is_read_where_a_reader_sees_it() {
    for line in [
        "9 March 2024",
        "March 9, 2024",
        "Published: 9 March 2024, 4 min read",
        "9. März 2024",
        "9 mars 2024",
        "9 de marzo de 2024",
        "9 de março de 2024",
        "9 marzo 2024",
        "9 maart 2024",
        "9. mars 2024",
        "9. marts 2024",
        "9. maaliskuuta 2024",
        "9 marca 2024",
        "9. března 2024",
        "2024. március 9.",
        "9 martie 2024",
        "9 марта 2024",
        "9 березня 2024",
        "9 Μαρτίου 2024",
        "9 Mart 2024",
        "9 مارس 2024",
        "9 Maret 2024",
        "2024年3月9日",
        "2024년 3월 9일",
        "09.03.2024",
        "2024-03-09",
    ] {
        let above = format!("<h1>Crews end strike</h1><p class=date>{line}</p>");
        check_published("", &above, "2024-03-09T00:00:00Z", Precision::Day, "text");
    }
    let unmarked = "<h1>Crews end strike</h1><p>9 March 2024 | Updated 11 March 2024</p>";
    let article = read("", unmarked);
    assert_eq!(article.published_at, Some(at("2024-03-09T00:00:00Z")), "{:?}", article.dates_found);
    let html = page("", "");
    let address = read_at("https://tide.example/2024/03/09/strike", &html);
    assert_eq!((address.published_at, address.published_source), (Some(at("2024-03-09T00:00:00Z")), Some("url")));
}

#[test]
fn impossible_dates_are_refused_and_all_others_kept() {
    let hint = Hint { fetched_at: Utc.with_ymd_and_hms(2024, 3, 10, 0, 0, 0).single(), ..Hint::default() };
    let head = json_ld(r#""datePublished": "2031-01-01T10:00:00Z", "dateModified": "2024-03-09T08:00:00Z""#)
        + "<meta property=article:published_time content='2024-03-09T06:45:10Z'><meta name=date content='1970-01-01'>";
    let article = clean(&page(&head, ""), None, &hint, &RULES).expect("an article");
    assert_eq!(article.published_at, Some(at("2024-03-09T06:45:10Z")));
    assert_eq!(article.updated_at, Some(at("2024-03-09T08:00:00Z")));
    let found: Vec<_> =
        article.dates_found.iter().map(|found| (found.kind, found.source, found.text.as_str())).collect();
    assert_eq!(
        found,
        [
            (DateKind::Updated, "json-ld", "2024-03-09T08:00:00Z"),
            (DateKind::Published, "opengraph", "2024-03-09T06:45:10Z"),
        ]
    );
}

#[test]
fn a_language_is_that_of_the_text() {
    for (declared, text, wanted) in [
        (
            "en",
            "Die Fähren fahren wieder, nachdem sich beide Seiten in der Nacht auf einen Vertrag geeinigt hatten, der mehr Lohn bringt.",
            "de",
        ),
        (
            "de",
            "The ferries sail again after both sides agreed in the night on a contract that brings the crews more pay and rest.",
            "en",
        ),
        (
            "nb",
            "Fergene går igjen etter at partene i natt ble enige om en avtale som gir mannskapet mer lønn og lengre hvile.",
            "no",
        ),
        (
            "da",
            "Færgerne sejler igen, efter at parterne i nat blev enige om en aftale, der giver besætningen mere i løn og hvile.",
            "da",
        ),
        ("", "渡輪在雙方簽署協議後恢復航行，船員的薪資將在兩年內提高，島上的居民表示歡迎。", "zh"),
        ("", "フェリーの運航が再開された。両者は夜通しの交渉の末、賃上げで合意した。", "ja"),
        ("", "밤샘 협상 끝에 양측이 합의하면서 여객선 운항이 다시 시작됐다고 항만 당국이 밝혔다.", "ko"),
        (
            "ga",
            "Tá na báid ag seoladh arís tar éis don dá thaobh teacht ar chomhaontú i rith na hoíche faoi phá agus faoi scíth.",
            "ga",
        ),
    ] {
        let html = format!("<html lang='{declared}'><body><article><h1>1</h1><p>{text}</p></article></body></html>");
        assert_eq!(read_at(ADDRESS, &html).language.as_deref(), Some(wanted), "from {text}");
    }
}

#[test]
fn a_kind_is_told_by_data_headline_or_section() {
    use ArticleKind::{Correction, Live, News, Obituary, Opinion, PressRelease, Review};
    for (head, address, wanted) in [
        ("<title>Crews end strike</title>".to_owned(), ADDRESS, News),
        (json_ld(r#""headline": "Crews end strike""#).replace("NewsArticle", "LiveBlogPosting"), ADDRESS, Live),
        (json_ld(r#""headline": "Crews end strike""#).replace("NewsArticle", "OpinionNewsArticle"), ADDRESS, Opinion),
        ("<title>Crews end strike</title>".to_owned(), "https://tide.example/opinion/crews", Opinion),
        ("<title>Kommentar: Streik ohne Ende</title>".to_owned(), ADDRESS, Opinion),
        ("<title>[사설] 파업이 남긴 것</title>".to_owned(), ADDRESS, Opinion),
        ("<title>Liveblog: Streik der Fähren</title>".to_owned(), ADDRESS, Live),
        ("<title>Obituary: Ruth Okafor, harbour master</title>".to_owned(), ADDRESS, Obituary),
        ("<title>Nachruf auf Ruth Okafor</title>".to_owned(), ADDRESS, Obituary),
        ("<title>Correction: Ferry pay story</title>".to_owned(), ADDRESS, Correction),
        ("<title>Communiqué de presse : la grève est finie</title>".to_owned(), ADDRESS, PressRelease),
        ("<title>The Long Crossing – review</title>".to_owned(), ADDRESS, Review),
        ("<meta property=article:section content=Reviews><title>The Long Crossing</title>".to_owned(), ADDRESS, Review),
        ("<title>Board to review ferry pay</title>".to_owned(), ADDRESS, News),
        ("<title>Opinion polls favour the mayor</title>".to_owned(), ADDRESS, News),
    ] {
        assert_eq!(read_at(address, &page(&head, "")).kind, wanted, "from {head} at {address}");
    }
}

#[test]
fn an_agency_is_told_by_dateline_and_credit() {
    for (text, wanted) in [
        ("ALDMOOR (Reuters) - Ferry crews went back to work.", &["Reuters"][..]),
        ("ALDMOOR, March 9 (AP) — Ferry crews went back to work.", &["AP"]),
        ("Aldmoor (dpa) - Die Fähren fahren wieder.", &["dpa"]),
        ("Die Fähren fahren wieder.\n\nQuelle: dpa/AFP", &["dpa", "AFP"]),
        ("Les bateaux partent.\n\n(avec AFP)", &["AFP"]),
        ("Die Fähren fahren wieder. (APA)", &["APA"]),
        ("The ferries sail.\n\nWith files from The Canadian Press", &["The Canadian Press"]),
        ("フェリーの運航が再開された。（共同通信）", &["Kyodo"]),
        ("The board gave a tip to Reuters, said the mayor.", &[]),
        ("Crews took the pa ap tt home.", &[]),
    ] {
        assert_eq!(clean_plain(text, None, &Hint::default(), &RULES).agencies, wanted, "from {text}");
    }
}

#[test]
fn tags_links_and_walls() {
    let head = "<meta property=og:site_name content='The Tide'><meta name=author content='Ines Calloway'>\
        <meta name=keywords content='Ferries, strike,ferries, The Tide, Ines Calloway, &amp;amp; pay'>\
        <link rel=amphtml href='/amp/strike'><link rel=canonical href='/strike'><meta property=og:image content='/ferry.jpg'>";
    let article = read(head, "");
    assert_eq!(article.tags, ["Ferries", "strike", "& pay"]);
    assert_eq!(article.amp_url.as_deref(), Some("https://www.saltmarsh-courier.example/amp/strike"));
    assert_eq!(article.canonical_url.as_deref(), Some("https://www.saltmarsh-courier.example/strike"));
    assert_eq!(article.image_url.as_deref(), Some("https://www.saltmarsh-courier.example/ferry.jpg"));
    for (head, wanted) in [
        (json_ld(r#""isAccessibleForFree": "False""#), true),
        (json_ld(r#""hasPart": {"@type": "WebPageElement", "isAccessibleForFree": false}"#), true),
        (json_ld(r#""isAccessibleForFree": true, "hasPart": {"isAccessibleForFree": false}"#), false),
        ("<meta property=article:content_tier content=locked>".to_owned(), true),
        ("<meta property=article:content_tier content=free>".to_owned(), false),
        ("<meta name=paywall content=true>".to_owned(), true),
    ] {
        assert_eq!(read(&head, "").paywalled, wanted, "from {head}");
    }
}

#[test]
fn a_whole_page() {
    let url = Url::parse("https://saltmarsh.example/region/ferry-crews-end-strike").expect("a URL");
    let article = clean(include_str!("clean/harbour.html"), Some(&url), &Hint::default(), &RULES).expect("an article");
    let mut fields = serde_json::to_value(&article).expect("JSON");
    if let Some(object) = fields.as_object_mut() {
        // The story's own fields are other tests' matter.
        for key in ["text", "removed", "repairs", "word_count", "completeness"] {
            object.remove(key);
        }
    }
    insta::assert_json_snapshot!(fields);
}
