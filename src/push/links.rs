//! `Link` headers (RFC 8288): which address stands in which relation to the document.

/// The longest header read, and the most links of it: a page of preloads is longer, and names no hub.
const HEADER_BYTES_MAX: usize = 16 << 10;
const LINKS_MAX: usize = 64;

/// A link of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address, as written.
    pub target: String,
    /// Its relations, in lower case.
    pub relations: Vec<String>,
}

/// Reads one header's value. What cannot be read ends it: the links before are kept.
pub fn parse(value: &str) -> Vec<Link> {
    let mut links = Vec::new();
    if value.len() > HEADER_BYTES_MAX {
        return links;
    }
    let mut rest = value;
    while links.len() < LINKS_MAX {
        let Some((target, after)) = rest.split_once('<').and_then(|(_, r)| r.split_once('>')) else { break };
        let (parameters, next) = parameters(after);
        // The first `rel` counts; one with `anchor` speaks of another document (§3.2).
        let named = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        if let Some(relations) = named("rel").filter(|_| named("anchor").is_none()) {
            links.push(Link {
                target: target.trim().to_owned(),
                relations: relations.split_ascii_whitespace().map(str::to_ascii_lowercase).collect(),
            });
        }
        rest = next;
    }
    links
}

/// The parameters after a target, and what follows the comma that ends them.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut name, mut value) = (String::new(), None::<String>);
    let mut quoted = false;
    let mut escaped = false;
    let mut keep = |name: &mut String, value: &mut Option<String>| {
        let key = std::mem::take(name).trim().to_ascii_lowercase();
        let value = value.take();
        if !key.is_empty() {
            found.push((key, value.map(|v| v.trim().to_owned()).unwrap_or_default()));
        }
    };
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => {
                    escaped = true;
                    continue;
                }
                '"' => {
                    quoted = false;
                    continue;
                }
                _ => {}
            }
            value.get_or_insert_default().push(c);
            continue;
        }
        match c {
            ',' => {
                keep(&mut name, &mut value);
                return (found, chars.as_str());
            }
            ';' => keep(&mut name, &mut value),
            '=' if value.is_none() => value = Some(String::new()),
            '"' if value.is_some() => quoted = true,
            c => value.as_mut().unwrap_or(&mut name).push(c),
        }
    }
    keep(&mut name, &mut value);
    (found, "")
}
