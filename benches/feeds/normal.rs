//! What counts as the same: two readers never write one thing alike.

use scraper::{Html, Node};
use url::Url;

/// A text as it is compared: tags out, scripts and styles with what they hold, references resolved, white space out.
///
/// White space goes altogether, since readers differ in what they put where a tag was, and so do control characters. It is done twice, because one
/// reader gives HTML where another gives text.
pub fn text(raw: &str) -> String {
    let once = without_markup(raw);
    without_markup(&once).chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

fn without_markup(raw: &str) -> String {
    if !raw.contains(['<', '&']) {
        return raw.to_owned();
    }
    let fragment = Html::parse_fragment(raw);
    let mut out = String::new();
    for node in fragment.tree.root().descendants() {
        let Node::Text(text) = node.value() else { continue };
        let hidden =
            node.ancestors().any(|a| a.value().as_element().is_some_and(|e| matches!(e.name(), "script" | "style")));
        if !hidden {
            out.push_str(text);
        }
    }
    out
}

/// An address as it is compared: as `Url` writes it, white space out.
pub fn address(raw: &str) -> String {
    let joined: String = raw.split_whitespace().collect();
    Url::parse(&joined).map_or(joined, String::from)
}

/// Whether an address is one of the web's.
pub fn is_web(raw: &str) -> bool {
    Url::parse(raw.trim()).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
