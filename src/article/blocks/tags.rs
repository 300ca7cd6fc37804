//! What tags and styles mean for the blocks of a page.

use super::{
    WITHIN_ARTICLE, WITHIN_ASIDE, WITHIN_FIGURE, WITHIN_FOOTER, WITHIN_FORM, WITHIN_HEADER, WITHIN_LIST, WITHIN_MAIN,
    WITHIN_NAV, WITHIN_QUOTE, WITHIN_TABLE,
};

/// Elements whose content a reader does not read as text.
pub(super) fn is_unread(name: &str) -> bool {
    matches!(
        name,
        "head"
            | "script"
            | "style"
            | "noscript"
            | "template"
            | "iframe"
            | "object"
            | "embed"
            | "video"
            | "audio"
            | "canvas"
            | "svg"
            | "math"
            | "select"
            | "option"
            | "textarea"
            | "input"
            | "button"
            | "datalist"
            | "progress"
            | "meter"
            | "map"
            | "dialog"
            | "rp"
            | "rt"
            | "rtc"
    )
}
/// Elements that stand inside a line.
pub(super) fn is_inline_tag(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "output"
            | "picture"
            | "q"
            | "rb"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "source"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
            | "track"
            | "area"
            | "link"
    )
}

/// What an element puts everything in it within.
pub(super) fn within_of(name: &str) -> u16 {
    match name {
        "article" => WITHIN_ARTICLE,
        "main" => WITHIN_MAIN,
        "aside" => WITHIN_ASIDE,
        "footer" => WITHIN_FOOTER,
        "ul" | "ol" | "dl" => WITHIN_LIST,
        "table" => WITHIN_TABLE,
        "header" => WITHIN_HEADER,
        "figure" => WITHIN_FIGURE,
        "blockquote" => WITHIN_QUOTE,
        "nav" | "menu" => WITHIN_NAV,
        "form" | "fieldset" => WITHIN_FORM,
        _ => 0,
    }
}

/// FNV-1a: the same on every machine, and nobody gains by a collision.
pub(super) fn mixed(seed: u64, bytes: &[u8]) -> u64 {
    let start = if seed == 0 { 0xcbf2_9ce4_8422_2325 } else { seed ^ 0x2f };
    bytes
        .iter()
        .filter(|byte| !byte.is_ascii_digit())
        .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Whether a style says that an element is not shown.
pub(super) fn is_hidden_style(style: &str) -> bool {
    if style.len() < 11 {
        return false;
    }
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}
