//! The newspaper's own markup, read into HTML and into the text a reader should get out of that HTML.
//!
//! A paragraph may hold `[links](address)`, `*emphasis*` and `**strong words**`; it begins with `## ` as a subhead,
//! with `> ` as a block quotation and with `- ` as the item of a list. There is no escaping: the texts need none.

/// One block of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: BlockKind,
    /// What stands between the block's tags.
    pub html: String,
    /// What a reader sees.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Paragraph,
    Subhead,
    Quotation,
    Item,
}

/// Reads paragraphs separated by blank lines; line ends inside a paragraph are spaces.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let chunks = source.split("\n\n").map(|chunk| chunk.split_whitespace().collect::<Vec<_>>().join(" "));
    chunks.filter(|chunk| !chunk.is_empty()).map(|chunk| block(&chunk)).collect()
}

fn block(chunk: &str) -> Block {
    let marks = [("## ", BlockKind::Subhead), ("> ", BlockKind::Quotation), ("- ", BlockKind::Item)];
    let marked = marks.into_iter().find_map(|(mark, kind)| Some((kind, chunk.strip_prefix(mark)?)));
    let (kind, inline) = marked.unwrap_or((BlockKind::Paragraph, chunk));
    Block { kind, html: inline_html(inline), text: inline_text(inline) }
}

/// Escapes text for HTML and XML, inside elements and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn inline_html(source: &str) -> String {
    let links = links(source, |words, address| format!("<a href=\"{address}\">{words}</a>"), escape);
    let strong = alternate(&links, "**", "<strong>", "</strong>");
    alternate(&strong, "*", "<em>", "</em>")
}

fn inline_text(source: &str) -> String {
    links(source, |words, _| words.to_owned(), str::to_owned).replace('*', "")
}

/// Rewrites every `[words](address)` by `link` and what stands between them by `plain`.
fn links(source: &str, link: impl Fn(&str, &str) -> String, plain: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((words, (address, tail))) =
            after.split_once("](").and_then(|(words, more)| Some((words, more.split_once(')')?)))
        else {
            break;
        };
        out.push_str(&plain(before));
        out.push_str(&link(&plain(words), address));
        rest = tail;
    }
    out.push_str(&plain(rest));
    out
}

fn alternate(source: &str, mark: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for (index, part) in source.split(mark).enumerate() {
        out.push_str(match index {
            0 => "",
            n if n % 2 == 1 => open,
            _ => close,
        });
        out.push_str(part);
    }
    out
}
