//! Pages that were made to hurt: refused or read, in bounded memory, and nothing else is hurt by them.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use wireroom::article::{Article, CleanError, Hint, Rules, clean, clean_within};
use wireroom::page::strip::strip;
use wireroom::page::tree::{self, Limits, TreeError};
use wireroom::pipeline::workers::{Company, Workers};

#[path = "hostile_pages/corpus.rs"]
mod corpus;
#[path = "hostile_pages/shapes.rs"]
mod shapes;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

/// What a page of at most 5 MB may cost over itself.
const MEMORY_MAX_KIB: usize = 64 << 10;

const STORY: &str = "<p>The council met on Tuesday evening in the old library and talked for three hours about the bridge.</p>\
    <p>Nobody could say when the work would begin, and the mayor went home before the vote was taken at last.</p>\
    <p>The bridge has been shut since the spring, when a barge struck its middle pier and sank beside it.</p>";

fn read(html: &str) -> Result<Article, CleanError> {
    clean(html, None, &Hint::default(), &RULES)
}

fn refused(html: &str) -> Option<TreeError> {
    tree::build(html, &Limits::default()).err()
}

#[test]
fn nesting_is_refused_before_it_costs() {
    for shape in shapes::nested() {
        let refused = refused(&shape.page());
        let bounded = matches!(refused, Some(TreeError::TooManyNodes(100_000) | TreeError::TooDeep(512)));
        assert!(bounded, "{}: {refused:?}", shape.name);
    }
}

#[test]
fn floods_of_attributes_are_refused() {
    let flood = |unit: &dyn Fn(usize) -> String| (0..400_000).map(unit).collect::<String>();
    for attributes in [
        flood(&|n| format!(" a{n}=1")),
        flood(&|n| format!(" a{n} = 'x>'")),
        flood(&|n| format!("/a{n}")),
        format!(" {}", flood(&|n| format!("a{n}=\"\""))),
    ] {
        assert_eq!(refused(&format!("<p{attributes}>x")), Some(TreeError::TooManyAttributes));
    }
    assert_eq!(refused(&"<html a=1 b=2>".repeat(100_000)), Some(TreeError::TooManyAttributes));
    // What looks like attributes inside a value is none, and a page builder's thirty are no flood.
    let value = flood(&|n| format!(" a{n}=1"));
    assert_eq!(refused(&format!("<p title=\"{value}\" alt=x{}>x", " b=1".repeat(30))), None);
}

#[test]
fn one_huge_piece_costs_its_page_alone() {
    let huge = "word and word ".repeat(10_000_000 / 14);
    for page in [format!("<p>{huge}"), format!("<p><!--{huge}-->"), format!("<p title=\"{huge}\">x")] {
        assert_eq!(read(&page).map_err(|error| error.kind()), Err("too-large"));
    }
    let large = "word ".repeat(900_000);
    let page = format!(
        "<title>{large}</title><meta name=author content='{large}'><meta property=article:tag content='{large}'>\
         <!--{large}--><p class='{large}' title='{large}'>{STORY}"
    );
    let within = Limits { bytes: 64 << 20, ..Limits::default() };
    let article = clean_within(&page, None, &Hint::default(), &RULES, &within).expect("an article");
    assert!(article.text.starts_with("The council met"), "{}", article.text);
    for field in article.title.iter().chain(&article.authors).chain(&article.tags) {
        assert!(field.chars().count() <= 1000, "{} characters", field.chars().count());
    }
}

#[test]
fn a_long_text_of_references_is_read() {
    let text: String =
        STORY.replace("</p>", "\n").chars().filter(|c| *c != '<').map(|c| format!("&#{};", u32::from(c))).collect();
    let article = read(&format!("<article><p>{}</p></article>", text.repeat(600))).expect("an article");
    assert!(article.word_count > 20_000, "{}", article.word_count);
}

#[test]
fn floods_of_signs_are_no_article() {
    for sign in ["<", "&", "\0", "&#", "<a", "</", "<!", "<?", "<!--", "]]>", "\u{200b}", "\u{feff}", "\u{202e}"] {
        let decoded = wireroom::page::decode(sign.repeat(1_000_000 / sign.len()).as_bytes(), Some("text/html"));
        let kind = read(&decoded.text).map_or_else(|error| error.kind(), |_| "article");
        assert!(matches!(kind, "no-text" | "empty" | "too-many-nodes"), "{sign:?}: {kind}");
    }
}

#[test]
fn what_is_never_closed_takes_the_rest_along_as_in_a_browser() {
    for (html, left) in [
        ("<p>a<script>b", "<p>a"),
        ("<p>a<style>b</styles>", "<p>a"),
        ("<p>a<!--b--", "<p>a"),
        ("<p>a<script><!--<script></script>b</script>c", "<p>ac"),
        ("<p>a<script><!--</script>b", "<p>ab"),
        ("<p>a<svg><svg/><g></g></svg>b", "<p>ab"),
        ("<p>a<svg><title>b</title><path d='>'/></svg>c", "<p>ac"),
        ("<svg></svg><title>a</title>", "<svg></svg><title>a</title>"),
        ("<p>a<svg><p>b", "<p>a<svg><p>b"),
        ("<p>a<svg></div>b", "<p>a<svg></div>b"),
        ("a<<!--b-->c &am<!---->p; &<script></script>lt", "a<<!---->c &am<!---->p; &<!---->lt"),
        ("<title><script></title>a", "<title><script></title>a"),
        ("<textarea><!--</textarea>a<!-- b --!>c", "<textarea><!--</textarea>ac"),
        ("<p a=\"<script>\">b", "<p a=\"<script>\">b"),
        ("<p a='<!--' b = \"-->\">c", "<p a='<!--' b = \"-->\">c"),
    ] {
        assert_eq!(strip(html).html, left, "from {html}");
    }
}

#[test]
fn broken_data_costs_itself_alone() {
    let good = "{\"@type\":\"NewsArticle\",\"headline\":\"The bridge\",\"author\":{\"name\":\"Ines Calloway\"}}";
    let flood = "0,".repeat(2_500_000);
    for bad in [
        "[".repeat(200_000),
        format!("{{\"@type\":\"NewsArticle\",\"headline\":\"{}\"", "x".repeat(1000)),
        "{\"@type\":\"NewsArticle\",\"headline\":\"\\ud800\"}".to_owned(),
        format!("{{\"@type\":\"NewsArticle\",\"headline\":\"Other\",\"keywords\":[{flood}0]}}"),
        "\0\u{1}".to_owned(),
    ] {
        let page = format!(
            "<html><head><script type='application/ld+json'>{bad}</script>\
             <script type='application/ld+json'>{good}</script></head><body>{STORY}</body></html>"
        );
        let article = read(&page).expect("an article");
        assert_eq!(article.title.as_deref(), Some("The bridge"), "beside {bad:.80}");
        assert_eq!(article.authors, ["Ines Calloway"], "beside {bad:.80}");
    }
}

#[test]
fn no_selector_asks_for_what_an_element_holds() {
    // On a deep page it takes the whole process along: a stack overflow cannot be caught.
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && (matches!(name.as_str(), "src" | "config") || folder.ends_with("src") || seen > 0) {
                if !matches!(name.as_str(), "target" | "tests" | "fuzz" | "benches" | ".git" | "docs" | "examples") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "toml") {
                seen += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains(concat!(":has", "(")), "{}", path.display());
            }
        }
    }
    assert!(seen > 100, "{seen} files");
}

#[test]
fn a_pattern_that_would_take_all_memory_is_refused_by_name() {
    let bomb = "[[line]]\nreason = 'x'\nwords_max = 20\npatterns = ['(\\w{1000}){1000}']\nheading = []\n";
    let error = Rules::with(|name| (name == "furniture.toml").then(|| bomb.to_owned())).expect_err("a refusal");
    assert_eq!(error.file, "furniture.toml");
}

#[test]
fn a_deadline_ends_every_stage() {
    let page = format!("<html><body>{STORY}</body></html>");
    let limits = Limits { deadline: Some(Instant::now()), ..Limits::default() };
    let error = clean_within(&page, None, &Hint::default(), &RULES, &limits).expect_err("a refusal");
    assert_eq!(error.kind(), "too-slow");
    let limits = Limits { deadline: Some(Instant::now() + Duration::from_hours(1)), ..Limits::default() };
    clean_within(&page, None, &Hint::default(), &RULES, &limits).expect("an article");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_panics_gives_its_slot_back() {
    let workers = Workers::new(2);
    for n in 0..100 {
        let company = if n % 5 == 0 { Company::Alone } else { Company::Shared };
        let done = workers.run(company, move || if n % 3 == 0 { panic!("page {n}") } else { n }).await;
        match done {
            Ok(done) => assert_eq!(done, n),
            Err(panicked) => assert_eq!(panicked.0, format!("page {n}")),
        }
    }
}

#[test]
fn no_page_takes_more_memory_than_it_may() {
    let this = std::env::current_exe().unwrap();
    let child = "hostile_pages::all_shapes_one_after_the_other";
    let output = Command::new(this).args([child, "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let mut seen = 0;
    for line in told.lines().filter_map(|line| line.strip_prefix("shape ")) {
        let (kib, name) = line.split_once(' ').unwrap();
        assert!(kib.parse::<usize>().unwrap() <= MEMORY_MAX_KIB, "{name}: {kib} KiB");
        seen += 1;
    }
    assert_eq!(seen, shapes::all().len(), "{told}");
}

/// Prints, for every shape, the most memory that was taken so far over what was there before any.
#[test]
#[ignore = "a process of its own for the test above, whose memory is that of the pages alone"]
fn all_shapes_one_after_the_other() {
    LazyLock::force(&RULES);
    read(STORY).expect("an article");
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_kib();
    let mut told = String::from("\n");
    for shape in shapes::all() {
        let page = shape.page();
        read(&page).ok();
        let page_kib = page.capacity() / 1024;
        writeln!(told, "shape {} {}", peak_kib().saturating_sub(before + page_kib), shape.name).unwrap();
    }
    print!("{told}");
}

fn peak_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
