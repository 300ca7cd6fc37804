//! Rules for single sites: found by address, checked with lines, applied, missed, recorded and replayed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::{TimeZone as _, Utc};
use url::Url;
use wireroom::article::{Article, Hint, Precision, Rules, clean, explain, site_rules};

const PAGE: &str = "<html lang=en><head><title>Bridge shut | The Elle Post</title></head><body>\
    <h1>Bridge shut</h1><div class=head><b>Bridge over the Elle is shut</b></div><p class=by>Ines Calloway</p>\
    <p class=date>17.05.2024, 08:30 Uhr</p>\
    <div class=teaser><p>Ferries sail again at noon, the harbour master said on Monday, and fares will not rise.</p></div>\
    <div class=part><p>The council met on Tuesday evening in the old library and talked for three hours about it.</p>\
    <p class=odds>Bet on the vote with our partner: two to one that the bridge stays shut until the autumn.</p>\
    <p>Sign up for our newsletter</p></div>\
    <div class=part><p>Nobody could say when the work would begin, and the mayor went home before the vote.</p></div>\
    </body></html>";
const STORY: &str = "The council met on Tuesday evening in the old library and talked for three hours about it.\n\n\
    Nobody could say when the work would begin, and the mayor went home before the vote.";

fn cleaned_at(address: &str, rules: &str, page: &str) -> Article {
    let sites = site_rules::read(rules).expect("rules");
    let url = Url::parse(address).expect("an address");
    clean(page, Some(&url), &Hint::default(), &Rules::builtin().with_sites(sites)).expect("an article")
}

fn cleaned(rule: &str) -> Article {
    cleaned_at("https://www.elle.example/a", &format!("[[sites]]\nhost = \"elle.example\"\n{rule}"), PAGE)
}

fn missed(article: &Article) -> &[&'static str] {
    article.site_rule.as_ref().map(|rule| rule.missed.as_slice()).expect("a rule")
}

#[test]
fn what_is_kept_is_the_story_in_the_order_of_the_page() {
    let article = cleaned("keep = \".part\"\ndrop = \".odds\"\n");
    assert_eq!(article.text, STORY);
    let removed = |reason: &str| article.removed.iter().find(|piece| piece.reason == reason).map(|p| p.text.as_str());
    assert!(removed("site-rule").is_some_and(|text| text.starts_with("Bet on the vote")), "{:?}", article.removed);
    assert_eq!(removed("newsletter"), Some("Sign up for our newsletter"), "{:?}", article.removed);
    assert!(missed(&article).is_empty());
    assert!(explain(&article).contains("site rule: elle.example/\n"), "{}", explain(&article));
    // Kept twice, kept once; what stands in what is kept is not kept again.
    let nested = cleaned("keep = [\".part p\", \".part\", \"div.part > p\"]\ndrop = \".odds\"\n");
    assert_eq!(nested.text, STORY);
    for all in ["body", "html"] {
        assert!(cleaned(&format!("keep = \"{all}\"\n")).text.contains("Ferries sail again"), "{all}");
    }
}

#[test]
fn verbatim_judges_nothing() {
    let article = cleaned("keep = \".part\"\nverbatim = true\n");
    assert!(article.text.contains("Bet on the vote") && article.text.contains("Sign up for our newsletter"));
    assert!(!article.text.contains("Ferries"), "{}", article.text);
}

#[test]
fn a_drop_larger_than_what_is_left_is_believed() {
    let article = cleaned("drop = \".part\"\n");
    assert_eq!(article.removed.iter().filter(|piece| piece.reason == "site-rule").count(), 2, "{:?}", article.removed);
    assert!(article.text.starts_with("Ferries sail again at noon"), "{}", article.text);
}

#[test]
fn fields_come_before_all_that_the_page_says() {
    let article = cleaned(
        "title = [\".none\", \".head\"]\nauthors = \".by\"\npublished = \".date\"\ndate_format = \"%d.%m.%Y, %H:%M Uhr\"\n\
         timezone = \"Europe/Berlin\"\nlanguage = \"de\"\n",
    );
    assert_eq!(article.title.as_deref(), Some("Bridge over the Elle is shut"));
    assert_eq!(article.authors, ["Ines Calloway"]);
    assert_eq!(article.published_at, Utc.with_ymd_and_hms(2024, 5, 17, 6, 30, 0).single());
    assert_eq!((article.published_precision, article.published_source), (Precision::Minute, Some("site-rule")));
    assert_eq!(article.language.as_deref(), Some("de"));
    assert!(!article.text.contains("Bridge over the Elle is shut"), "{}", article.text);
    let dated = |rule: &str, date: &str| {
        let page = PAGE.replace("17.05.2024, 08:30 Uhr", date);
        let rules = format!("[[sites]]\nhost = \"elle.example\"\npublished = \"p.date\"\n{rule}");
        let article = cleaned_at("https://elle.example/a", &rules, &page);
        (article.published_at.map(|at| at.to_rfc3339()), article.published_precision)
    };
    let check = |rule: &str, date: &str, at: &str, precision: Precision| {
        assert_eq!(dated(rule, date), (Some(at.to_owned()), precision), "{rule} of {date}");
    };
    check("date_format = \"%d.%m.%y\"", "17.05.24", "2024-05-17T00:00:00+00:00", Precision::Day);
    check(
        "date_format = \"%d/%m/%Y %T %z\"",
        "17/05/2024 08:30:05 -0300",
        "2024-05-17T11:30:05+00:00",
        Precision::Second,
    );
    check(
        "date_format = \"%F %R\"\ntimezone = \"+05:30\"",
        "2024-05-17 08:30",
        "2024-05-17T03:00:00+00:00",
        Precision::Minute,
    );
    check("", "17 May 2024", "2024-05-17T00:00:00+00:00", Precision::Day);
}

#[test]
fn a_rule_that_finds_nothing_is_told_and_the_general_way_is_taken() {
    let general = cleaned("language = \"en\"\n");
    let article = cleaned("keep = \"#story\"\ntitle = \".none\"\nauthors = \".none\"\npublished = \"h1\"\n");
    assert_eq!(missed(&article), ["title", "authors", "published", "keep"]);
    assert_eq!(article.text, general.text);
    assert_eq!(article.title, general.title);
    assert!(explain(&article).contains("found nothing: title, authors, published, keep"), "{}", explain(&article));
    // An element without text is as good as none.
    assert_eq!(missed(&cleaned("keep = \"head\"\n")), ["keep"]);
}

#[test]
fn the_nearest_host_and_the_longest_path_hold() {
    let sites = "[[sites]]\nhost = \"elle.example\"\n[[sites]]\nhost = \"elle.example\"\npath = \"/sport/\"\n\
        [[sites]]\nhost = \"elle.example\"\npath = \"/sport/cup\"\n[[sites]]\nhost = \"news.elle.example\"\n\
        [[sites]]\nhost = \"bücher.example\"\n";
    let sites = site_rules::read(sites).expect("rules");
    assert_eq!(sites.len(), 5);
    let rules = Rules::builtin().with_sites(sites);
    let check = |address: &str, wanted: Option<(&str, &str)>| {
        let url = Url::parse(address).expect("an address");
        let html = "<p>A sentence that is long enough to be one, they say, and one more word.</p>";
        let found = clean(html, Some(&url), &Hint::default(), &rules).expect("an article").site_rule;
        let found = found.as_ref().map(|rule| (rule.host.as_str(), rule.path.as_str()));
        assert_eq!(found, wanted, "{address}");
    };
    check("https://elle.example/a", Some(("elle.example", "/")));
    check("https://www.elle.example./a", Some(("elle.example", "/")));
    check("https://elle.example/sport/x", Some(("elle.example", "/sport/")));
    check("https://elle.example/sporty/x", Some(("elle.example", "/")));
    check("https://m.elle.example/sport/cup/1", Some(("elle.example", "/sport/cup")));
    check("https://elle.example/sport/cups", Some(("elle.example", "/sport/")));
    check("https://news.elle.example/sport/x", Some(("news.elle.example", "/")));
    check("https://xn--bcher-kva.example/a", Some(("xn--bcher-kva.example", "/")));
    check("https://belle.example/a", None);
    check("https://example/a", None);
}

#[test]
fn all_faults_are_told_at_once_with_their_lines() {
    let long = format!("p{}", ".a".repeat(5000));
    let text = format!(
        "[[sites]]\nhost = \"elle.example\"\nkepe = \".a\"\nkeep = [\n  \".a\",\n  \"p:has(a)\",\n  \"{long}\",\n]\n\
         [[sites]]\nhost = \"https://elle.example/\"\ndrop = \"p >>\"\ntimezone = \"Europe/Berln\"\n\
         [[sites]]\npath = \"sport\"\ntitle = 3\nverbatim = true\nlanguage = \"german\"\n\
         [[sites]]\nhost = \"elle.example\"\npublished = \".a\"\ndate_format = \"%Q\"\n\
         [[site]]\nhost = \"x.example\"\n\
         [[sites]]\nhost = \"two.example\"\n[[sites]]\nhost = \"TWO.example\"\n"
    );
    let problems = site_rules::read(&text).expect_err("faults");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (line, part) in [
        (3, "did you mean keep?"),
        (6, ":has"),
        (7, "10001 bytes is too long"),
        (10, "is no host"),
        (11, "is no selector"),
        (12, "did you mean Europe/Berlin?"),
        (13, "needs its host"),
        (14, "beginning of a path"),
        (15, "in quotation marks"),
        (13, "verbatim needs keep"),
        (17, "is no language"),
        (21, "no format of a date"),
        (22, "there is no table site"),
        (26, "has a rule on line 24 already"),
    ] {
        let found = told.iter().any(|told| told.starts_with(&format!("{line}: ")) && told.contains(part));
        assert!(found, "{line}: {part} is not in {told:#?}");
    }
    assert!(site_rules::read("[[sites]\n").expect_err("no TOML")[0].to_string().starts_with("1: this is no TOML"));
}

#[test]
fn selectors_that_would_cost_the_square_of_a_page_are_refused() {
    let fault = |selector: &str| {
        let text = format!("[[sites]]\nhost = \"elle.example\"\nkeep = '{selector}'\n");
        site_rules::read(&text).err().map(|problems| problems[0].message.clone())
    };
    let steps = "a > ".repeat(40) + "b";
    for refused in [
        "p:HAS(a)",
        "p:h\\61s(a)",
        "a ~ b",
        "li:nth-child(2)",
        "p:nth-last-of-type(1)",
        ":not(p:has(a))",
        "a::before",
        &steps,
    ] {
        assert!(fault(refused).is_some(), "{refused}");
    }
    for taken in ["a + b", "div > p:not(.a):first-child", "[data-x=\"a:b ~ c\"]", "a\\:b", "a, b, :is(c, d)"] {
        assert_eq!(fault(taken), None, "{taken}");
    }
}

#[test]
fn the_shipped_file_has_no_rule_and_its_example_is_one() {
    let shipped = include_str!("../../config/sites.toml");
    assert!(site_rules::read(shipped).expect("the shipped file").is_empty());
    let example: String = shipped
        .lines()
        .skip_while(|line| *line != "# [[sites]]")
        .take_while(|line| *line != "#")
        .map(|line| format!("{}\n", line.trim_start_matches("# ").trim_start_matches("# ")))
        .filter(|line| line.starts_with('[') || line.split(" = ").next().is_some_and(|key| !key.contains(' ')))
        .collect();
    assert_eq!(site_rules::read(&example).expect("the example").len(), 1, "{example}");
    for key in
        ["path", "keep", "verbatim", "drop", "title", "authors", "published", "date_format", "timezone", "language"]
    {
        assert!(example.contains(&format!("\n{key} = ")), "{key}: {example}");
    }
}

fn wireroom(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireroom"));
    command.arg("--config").arg(folder.join("wireroom.toml")).args(arguments);
    command.output().expect("wireroom")
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sites-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wireroom.toml"), "").unwrap();
    folder
}

#[test]
fn a_recorded_case_holds_until_the_rule_or_the_page_changes() {
    let folder = folder("recorded");
    let rule = "[[sites]]\nhost = \"elle.example\"\nkeep = \".part\"\ndrop = \".odds\"\n";
    std::fs::write(folder.join("sites.toml"), rule).unwrap();
    std::fs::write(folder.join("page.html"), PAGE).unwrap();
    let (page, cases) = (folder.join("page.html"), folder.join("sites"));
    let (page, cases) = (page.to_str().unwrap(), cases.to_str().unwrap());
    let address = "https://www.elle.example/2024/Bridge-shut";
    let recorded = wireroom(&folder, &["clean", page, "--url", address, "--record", cases]);
    assert!(recorded.status.success(), "{recorded:?}");
    let printed: serde_json::Value = serde_json::from_slice(&recorded.stdout).unwrap();
    assert_eq!(printed["text"], STORY);
    assert_eq!(printed["site_rule"]["host"], "elle.example");
    let files = || -> Vec<PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(folder.join("sites/www.elle.example"))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
    };
    let [packed, case] = files().try_into().unwrap();
    assert!(packed.file_name().unwrap().to_string_lossy().starts_with("bridge-shut-"), "{packed:?}");
    let holds = wireroom(&folder, &["validate"]);
    assert!(holds.status.success(), "{holds:?}");
    let told = String::from_utf8_lossy(&holds.stdout).into_owned();
    assert!(told.contains("1 sites") && told.contains("1 recorded cases"), "{told}");
    // Recorded once more it is the same case.
    wireroom(&folder, &["clean", page, "--url", address, "--record", cases]);
    assert_eq!(files().len(), 2);

    let differs = |part: &str| {
        let output = wireroom(&folder, &["validate"]);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let named = case.file_name().unwrap().to_str().unwrap();
        assert!(told.lines().any(|line| line.contains(named) && line.contains(part)), "{part}: {told}");
    };
    std::fs::write(folder.join("sites.toml"), rule.replace(".odds", ".none")).unwrap();
    differs("the number of words was");
    std::fs::write(folder.join("sites.toml"), rule).unwrap();
    let mut changed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut changed, PAGE.replace("Nobody", "No man").replace(" the vote.", " it.").as_bytes())
        .unwrap();
    std::fs::write(&packed, changed.finish().unwrap()).unwrap();
    differs("the last paragraph was \"Nobody could");
    std::fs::write(&packed, "no gzip").unwrap();
    differs("its page");
    std::fs::write(&case, "url = 3\n").unwrap();
    differs("this is no recorded case");
    // Faults of the rules are told beside the rest, with file and line.
    std::fs::write(folder.join("sites.toml"), "[[sites]]\nhots = \"x\"\n").unwrap();
    let output = wireroom(&folder, &["validate"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("sites.toml:2: there is no key hots; did you mean host?"), "{told}");
    assert_eq!(wireroom(&folder, &["clean", page]).status.code(), Some(78));
}

#[test]
fn a_case_can_be_a_refusal_and_needs_an_address() {
    let folder = folder("refused");
    std::fs::write(folder.join("gone.html"), "<title>404 Not Found</title><h1>Page not found</h1>").unwrap();
    let (page, cases) = (folder.join("gone.html"), folder.join("sites"));
    let (page, cases) = (page.to_str().unwrap(), cases.to_str().unwrap());
    let nameless = wireroom(&folder, &["clean", page, "--record", cases]);
    assert!(String::from_utf8_lossy(&nameless.stdout).contains("--url"), "{nameless:?}");
    let recorded = wireroom(&folder, &["clean", page, "--url", "https://elle.example/x", "--record", cases]);
    assert_eq!(recorded.status.code(), Some(1), "{recorded:?}");
    assert!(wireroom(&folder, &["validate"]).status.success());
    let case = std::fs::read_dir(folder.join("sites/elle.example")).unwrap().map(|file| file.unwrap().path());
    let case = case.into_iter().find(|file| file.extension().is_some_and(|kind| kind == "toml")).unwrap();
    let text = std::fs::read_to_string(&case).unwrap();
    assert!(text.contains("refused = \"gone\""), "{text}");
    std::fs::write(&case, text.replace("\"gone\"", "\"index\"")).unwrap();
    let told = wireroom(&folder, &["validate"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("the refusal was \"index\", now is \"gone\""), "{told:?}");
}
