//! Pages that were made to hurt: each shape costs some reader its time, its memory or its life.

/// A shape: its name, how many bytes of it, and what it is made of.
pub struct Shape {
    /// What it is called in tables.
    pub name: &'static str,
    make: Box<dyn Fn() -> String>,
}

impl Shape {
    /// The page.
    pub fn page(&self) -> String {
        (self.make)()
    }
}

/// The largest page that is fetched.
const MOST: usize = 5_000_000;
/// Bytes of the shapes that html5ever alone takes minutes and gigabytes for.
const NESTED: usize = 3_900_000;

/// All shapes.
pub fn all() -> Vec<Shape> {
    let mut shapes = nested();
    shapes.extend(markup());
    shapes.extend(text());
    shapes.extend(stories());
    shapes.extend(data());
    shapes
}

/// Elements in elements, and elements closed in the wrong order.
pub fn nested() -> Vec<Shape> {
    vec![
        counted("formatting across paragraphs", NESTED, |n| format!("<b id=x{n}><p>")),
        counted("formatting across paragraphs, small", 59_000, |n| format!("<b id=x{n}><p><b id=y{n}>")),
        repeated("divisions", NESTED, "<div>"),
        repeated("lists", NESTED, "<ul><li>"),
        repeated("divisions in paragraphs", NESTED, "<p><div></p>"),
        repeated("spans", NESTED, "<span>"),
        repeated("links in tables", NESTED, "<table><a>"),
        repeated("tables", NESTED, "<table><tr><td>"),
        repeated("links across formatting", NESTED, "<a href=x><b><i></a>"),
        counted("fonts across tables", NESTED, |n| format!("<font size={n}><table></font>")),
        repeated("forms in selections", NESTED, "<select><option><form>"),
        repeated("templates", NESTED, "<template>"),
        repeated("formulas", NESTED, "<math><mi><b>"),
        repeated("drawings", NESTED, "<svg><desc><b>"),
    ]
}

fn markup() -> Vec<Shape> {
    vec![
        repeated("scripts without end", NESTED, "<script>"),
        repeated("scripts with the wrong end", NESTED, "<script></p>"),
        repeated("scripts in scripts", NESTED, "<script><!--<script>"),
        repeated("styles with half an end", NESTED, "<style></"),
        repeated("noscripts without end", NESTED, "<noscript>"),
        repeated("drawings without end", NESTED, "<svg>"),
        repeated("drawings with the wrong end", NESTED, "<svg></p>"),
        repeated("drawings that end in their title", NESTED, "<svg><title>"),
        repeated("comments without end", NESTED, "<!--"),
        repeated("comments with half an end", NESTED, "<!-- --!"),
        repeated("dashes", NESTED, "<!--------"),
        repeated("text areas without end", NESTED, "<textarea></"),
        repeated("quotes without end", NESTED, "<a b=\""),
        repeated("less-than signs", MOST, "<"),
        repeated("ampersands", MOST, "&"),
        repeated("references without end", MOST, "&#"),
        repeated("references that are none", MOST, "&notit"),
        repeated("NULs", MOST, "\0"),
        repeated("tags without end", MOST, "<a"),
        repeated("end tags without end", MOST, "</a"),
        wrapped("400,000 attributes", "<p", NESTED, |n| format!(" a{n}=1"), ">x"),
        wrapped("attributes parted by slashes", "<p", NESTED, |n| format!("/a{n}"), ">x"),
        wrapped("attributes parted by quotes", "<p ", NESTED, |n| format!("a{n}=\"\""), ">x"),
        wrapped("attributes parted by names", "<p ", NESTED, |n| format!("a{n} "), ">x"),
        repeated("tags with just so many attributes", 1_000_000, &format!("<p{}>x", numbers(" a", 990))),
        counted("roots with an attribute each", NESTED, |n| format!("<html a{n}=1>")),
        counted("bodies with an attribute each", NESTED, |n| format!("<body a{n}=1>")),
    ]
}

fn text() -> Vec<Shape> {
    vec![
        within("one text", "<p>", "word and word ", ""),
        within("one word", "<p>", "w", ""),
        within("one text without spaces", "<p>", "新聞", ""),
        within("sentences in one line", "<p>", "The council met. ", ""),
        within("glued words", "<p>", "warAlthough ", ""),
        within("accents on one letter", "<p>a", "\u{301}", ""),
        within("marks nobody sees", "<p>a", "\u{200b}", ""),
        within("one attribute", "<p title=\"", "word ", "\">x"),
        within("one class", "<p class=\"", "share-bar ", "\">x"),
        within("one style", "<p style=\"", "display : block;", "\">x"),
        within("one comment", "<p><!--", "word ", "-->x"),
        within("one title", "<title>", "word - ", "</title><p>x"),
        within("one headline", "<h1>", "word | ", "</h1><p>x"),
        within("one byline", "<meta name=author content='", "A, B and ", "'><p>x"),
        within("one address", "<link rel=canonical href='/", "a/", "'><p>x"),
        repeated("references", MOST, "&amp;"),
    ]
}

fn stories() -> Vec<Shape> {
    const SENTENCE: &str = "<p>The council met on Tuesday in the old library.</p>";
    let deep = |unit: &str| format!("{}{}", "<div>".repeat(490), unit.repeat(10_000));
    vec![
        repeated("headlines", 1_600_000, "<h1>abc | def</h1>"),
        repeated("bylines", NESTED, "<meta name=author content='Anna Aal, Bo Bok and C. Dam'>"),
        counted("tags", NESTED, |n| format!("<meta property=article:tag content='{n},b{n}'>")),
        repeated("times", 1_600_000, "<time datetime='2020-01-01'>x</time>"),
        Shape {
            name: "authors in authors",
            make: Box::new(|| {
                format!("{}{}", "<div itemprop=author>".repeat(400), "<i itemprop=author>x</i>".repeat(40_000))
            }),
        },
        made("links, deep down", move || deep("<p><a href=x>A headline of an article in it</a></p>")),
        made("sentences, deep down", move || deep(SENTENCE)),
        made("sections", || format!("<h3>Read more</h3>{SENTENCE}").repeat(16_000)),
        repeated("lists of articles", 1_300_000, "<h3>Related</h3><li><a href=x>A head line</a></li>"),
        repeated("prompts", 1_300_000, "<h3>Comments</h3><p>Leave a reply</p>"),
        repeated("line breaks", 390_000, "<br>"),
        repeated("lines", 240_000, "a<br>"),
        repeated("short paragraphs", 250_000, "a b<br><br>"),
        repeated("cells", 240_000, "<td>x"),
        repeated("labels", 1_200_000, "<span class=a>abcdef</span>"),
        repeated("share bars", 1_300_000, "<i class='share-bar x'>a</i>"),
        repeated("elements of their own", 600_000, "<x-a>ab"),
    ]
}

fn data() -> Vec<Shape> {
    let ld = |unit: &'static str, before: &'static str, after: &'static str| {
        move || {
            let json = unit.repeat((MOST - 200) / unit.len());
            format!("<script type=application/ld+json>{before}{json}{after}</script><p>x")
        }
    };
    let state = |unit: &'static str| {
        move || {
            let json = unit.repeat((MOST - 200) / unit.len());
            format!("<script id=__NEXT_DATA__ type=application/json>[{json}0]</script><p>x")
        }
    };
    let story = "{\"@type\":\"NewsArticle\",\"headline\":\"x\",";
    vec![
        made("JSON-LD, 200,000 deep", || {
            format!("<script type=application/ld+json>{}</script><p>x", "[".repeat(200_000))
        }),
        made(
            "JSON-LD of keywords",
            ld("\"<p>b\",", "{\"@type\":\"NewsArticle\",\"headline\":\"x\",\"keywords\":[", "0]}"),
        ),
        made("JSON-LD of articles", ld("{\"@type\":\"NewsArticle\",\"headline\":\"x\"},", "[", "0]")),
        made("JSON-LD of numbers", ld("0,", "[", "0]")),
        made(
            "JSON-LD with markup",
            ld("<b><p>", "{\"@type\":\"NewsArticle\",\"headline\":\"x\",\"articleBody\":\"", "\"}"),
        ),
        made(
            "JSON-LD with a body",
            ld("word and word. ", "{\"@type\":\"NewsArticle\",\"headline\":\"x\",\"articleBody\":\"", "\"}"),
        ),
        repeated(
            "JSON-LD, many times",
            MOST,
            &format!("<script type=application/ld+json>{story}\"name\":\"<b>x\"}}</script>"),
        ),
        made("state of bodies", state("{\"body\":\"<p>word</p>\"},")),
        made("state of paragraphs", state("\"<p>One two three four five six seven.\",")),
        made("state, two million deep", || {
            format!("<script id=__NEXT_DATA__ type=application/json>{}</script><p>x", "[".repeat(2_000_000))
        }),
    ]
}

fn made(name: &'static str, make: impl Fn() -> String + 'static) -> Shape {
    Shape { name, make: Box::new(make) }
}

fn repeated(name: &'static str, bytes: usize, unit: &str) -> Shape {
    let unit = unit.to_owned();
    made(name, move || unit.repeat(bytes / unit.len()))
}

fn counted(name: &'static str, bytes: usize, unit: impl Fn(usize) -> String + 'static) -> Shape {
    wrapped(name, "", bytes, unit, "")
}

fn within(name: &'static str, before: &'static str, unit: &'static str, after: &'static str) -> Shape {
    made(name, move || format!("{before}{}{after}", unit.repeat((MOST - 100) / unit.len())))
}

fn wrapped(
    name: &'static str,
    before: &'static str,
    bytes: usize,
    unit: impl Fn(usize) -> String + 'static,
    after: &'static str,
) -> Shape {
    made(name, move || {
        let mut page = String::with_capacity(bytes + 100);
        page.push_str(before);
        for n in 0.. {
            if page.len() >= bytes {
                break;
            }
            page.push_str(&unit(n));
        }
        page.push_str(after);
        page
    })
}

fn numbers(before: &str, count: usize) -> String {
    (0..count).map(|n| format!("{before}{n}=1")).collect()
}
