//! The publisher's names, as far as a page gives them away.

use url::Url;

use super::head::Head;
use super::json_ld::Story;
use crate::article::text::{folded, squeeze};

/// What the publisher of a page is called.
#[derive(Debug, Default)]
pub(super) struct Site {
    /// The name to show.
    pub name: Option<String>,
    /// All names, folded.
    names: Vec<String>,
    /// The host, folded: `wwwcourierexample` without the `www`.
    host: String,
    /// The longest label of the host.
    label: String,
    /// Sections that the page is in, folded.
    sections: Vec<String>,
}

impl Site {
    /// A publisher of whom the name is all that is known.
    pub fn named(name: Option<String>) -> Self {
        Self { names: name.iter().map(|name| folded(name)).collect(), name, ..Self::default() }
    }

    /// Reads the names from metas, JSON-LD and the address.
    pub fn read(head: &Head, story: Option<&Story>, url: Option<&Url>) -> Self {
        let publisher = story.and_then(|s| s.publisher.clone());
        let name = head.first(&["og:site_name", "application-name"]).map(squeeze).or_else(|| publisher.clone());
        let keys = ["og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "publisher"];
        let mut names: Vec<String> = keys.iter().filter_map(|key| head.first(&[key])).map(folded).collect();
        names.extend(publisher.as_deref().map(folded));
        names.retain(|name| name.chars().count() > 1);
        let host = url.and_then(Url::host_str).map(|host| host.trim_start_matches("www.")).unwrap_or_default();
        let label = host.split('.').rev().skip(1).max_by_key(|part| part.len()).unwrap_or_default();
        let mut sections: Vec<String> = story.and_then(|s| s.section.as_deref()).map(folded).into_iter().collect();
        sections.extend(head.first(&["article:section", "section", "parsely-section"]).map(folded));
        let folders = url.and_then(Url::path_segments).into_iter().flatten().take(4);
        sections.extend(folders.filter(|part| part.len() <= 20).map(folded));
        sections.retain(|section| section.chars().count() > 2);
        Self { name: name.filter(|n| !n.is_empty()), names, host: folded(host), label: folded(label), sections }
    }

    /// Whether a piece of text is the publisher's name, with or without what goes with it ("The Courier | Online").
    pub fn is_named_by(&self, text: &str) -> bool {
        let text = folded(text);
        let chars = text.chars().count();
        if chars < 2 {
            return false;
        }
        // A short name is a word of its language too, so it has to stand at an end.
        let holds = |name: &str, room: usize| {
            let name_chars = name.chars().count();
            let at_end = text.starts_with(name) || text.ends_with(name);
            (at_end || name_chars > 5 && text.contains(name)) && chars <= name_chars + room
        };
        self.is_exactly(&text)
            || self
                .names
                .iter()
                .any(|name| holds(name, 24) || chars >= 3 && name.contains(&text) && chars * 3 >= name.chars().count())
            || self.label.len() >= 4 && holds(&self.label, 12)
            || chars >= 4 && self.label.contains(&text)
    }

    /// Whether a piece of text is one of the publisher's names and nothing else.
    pub fn is(&self, text: &str) -> bool {
        self.is_exactly(&folded(text))
    }

    fn is_exactly(&self, folded: &str) -> bool {
        let plain = folded.strip_prefix("the").unwrap_or(folded);
        !plain.is_empty()
            && (folded == self.host
                || folded == self.label
                || self.names.iter().any(|name| name == folded || name.strip_prefix("the").unwrap_or(name) == plain))
    }

    /// Whether a piece of text names a section that the page is in.
    pub fn has_section(&self, text: &str) -> bool {
        let text = folded(text);
        self.sections.contains(&text)
    }
}
