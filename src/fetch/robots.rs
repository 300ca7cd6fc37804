//! robots.txt by RFC 9309: bytes in, the rules for us out.
//!
//! Pure. The longest matching rule decides, `Allow` wins a tie, nothing matching means allowed. Only the groups for our
//! product token are kept, or those for `*` where there are none.

use std::time::Duration;

/// Our product token (RFC 9309 §2.2.1).
pub const PRODUCT: &str = "wireroom";

/// What a crawler has to read at least (RFC 9309 §2.5), and what we read at most.
pub const BYTES_MAX: usize = 500 * 1024;

/// Longer lines are no rules: URLs end at 2,083 bytes in practice, thrice that when every byte is escaped.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// The most sitemaps kept of one robots.txt. Large publishers name some dozens.
const SITEMAPS_MAX: usize = 100;

/// The rules of one site for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

/// Whom a group speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addressee {
    Everybody,
    Us,
}

impl Robots {
    /// Reads a robots.txt for [`PRODUCT`].
    pub fn parse(text: &[u8]) -> Self {
        Self::parse_for(text, PRODUCT)
    }

    /// Reads a robots.txt for any product token. What is no rule is passed over.
    pub fn parse_for(text: &[u8], product: &str) -> Self {
        let (mut everybody, mut us) = (Self::default(), None);
        let mut sitemaps: Vec<String> = Vec::new();
        let mut addressees: Vec<Addressee> = Vec::new();
        let mut rules_seen = false;
        for line in lines(text) {
            let Some((key, value)) = key_value(line) else { continue };
            match Key::of(key) {
                Key::UserAgent => {
                    if std::mem::take(&mut rules_seen) {
                        addressees.clear();
                    }
                    addressees.extend(addressee(value, product));
                    if addressees.contains(&Addressee::Us) {
                        us.get_or_insert_with(Self::default);
                    }
                }
                Key::Rule { allow } => {
                    rules_seen = true;
                    // An empty rule says nothing.
                    if !value.is_empty() {
                        let rule = Rule { allow, pattern: normal_pattern(value) };
                        for robots in spoken_to(&addressees, &mut everybody, &mut us) {
                            robots.rules.push(rule.clone());
                        }
                    }
                }
                Key::CrawlDelay => {
                    let Some(delay) = delay(value) else { continue };
                    for robots in spoken_to(&addressees, &mut everybody, &mut us) {
                        robots.crawl_delay = Some(delay);
                    }
                }
                // Sitemaps are named to everybody, wherever the line stands.
                Key::Sitemap if sitemaps.len() < SITEMAPS_MAX => sitemaps.extend(address(value)),
                Key::Sitemap | Key::Other => {}
            }
        }
        Self { sitemaps, ..us.unwrap_or(everybody) }
    }

    /// Whether a path with its query, as a URL holds it, may be fetched.
    pub fn allows(&self, path_and_query: &str) -> bool {
        if path_and_query == "/robots.txt" {
            return true;
        }
        let path = normal_path(path_and_query);
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        // Allow sorts above disallow, so it wins among equally long rules.
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }

    /// The pause asked for between two requests. Not in the RFC, but many sites say it.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The sitemaps the site names, as written.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// About how many bytes of memory the rules take.
    pub(super) fn weight(&self) -> usize {
        let rules: usize = self.rules.iter().map(|rule| rule.pattern.len() + size_of::<Rule>()).sum();
        rules + self.sitemaps.iter().map(|sitemap| sitemap.len() + size_of::<String>()).sum::<usize>()
    }
}

/// What a line is about, with the misspellings Google's parser forgives.
enum Key {
    UserAgent,
    Rule { allow: bool },
    CrawlDelay,
    Sitemap,
    Other,
}

impl Key {
    fn of(key: &[u8]) -> Self {
        match key.to_ascii_lowercase().as_slice() {
            b"user-agent" | b"useragent" | b"user agent" => Self::UserAgent,
            b"allow" => Self::Rule { allow: true },
            b"disallow" | b"dissallow" | b"dissalow" | b"disalow" | b"diasllow" | b"disallaw" => {
                Self::Rule { allow: false }
            }
            b"crawl-delay" | b"crawldelay" => Self::CrawlDelay,
            b"sitemap" | b"site-map" => Self::Sitemap,
            _ => Self::Other,
        }
    }
}

/// The rule sets the current group speaks to.
fn spoken_to<'r>(
    addressees: &[Addressee],
    everybody: &'r mut Robots,
    us: &'r mut Option<Robots>,
) -> impl Iterator<Item = &'r mut Robots> {
    let everybody = addressees.contains(&Addressee::Everybody).then_some(everybody);
    let us = if addressees.contains(&Addressee::Us) { us.as_mut() } else { None };
    everybody.into_iter().chain(us)
}

/// Reads a `User-agent` value: `Foo/2.0 (x)` speaks to the product `Foo`.
fn addressee(value: &[u8], product: &str) -> Option<Addressee> {
    if let [b'*', rest @ ..] = value {
        let alone = rest.first().is_none_or(u8::is_ascii_whitespace);
        return alone.then_some(Addressee::Everybody);
    }
    let token = value.iter().take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-')).count();
    let token = value.get(..token)?;
    token.eq_ignore_ascii_case(product.as_bytes()).then_some(Addressee::Us)
}

/// Seconds, possibly with a fraction; at most a day.
fn delay(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    // `min` would turn NaN into a day.
    if seconds.is_nan() { None } else { Duration::try_from_secs_f64(seconds.min(86_400.0)).ok() }
}

/// An address as people write it; longer ones than any index could hold are none.
fn address(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    (!text.is_empty() && text.len() <= 2048).then(|| text.to_owned())
}

/// Lines ended by CR, LF or both. A line cut by the size limit is left out: half a rule may forbid far more.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let is_end = |b: &u8| matches!(b, b'\r' | b'\n');
    let whole = match text.split_at_checked(BYTES_MAX) {
        Some((head, tail)) if !tail.is_empty() => {
            head.iter().rposition(is_end).and_then(|end| head.get(..end)).unwrap_or_default()
        }
        _ => text,
    };
    whole.split(move |b| is_end(b)).filter(|line| line.len() <= LINE_BYTES_MAX)
}

/// `key: value # remark`; also `key value`, which people write.
fn key_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.split(|&b| b == b'#').next()?.trim_ascii();
    if let Some(colon) = line.iter().position(|&b| b == b':') {
        let (key, value) = line.split_at_checked(colon)?;
        return Some((key.trim_ascii(), value.get(1..)?.trim_ascii()));
    }
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(key), Some(value), None) => Some((key, value)),
        _ => None,
    }
}

/// A rule's pattern in the spelling paths are compared in. `*`, and `$` at the end, keep their meaning.
fn normal_pattern(value: &[u8]) -> String {
    let (body, anchor) = match value {
        [body @ .., b'$'] => (body, "$"),
        _ => (value, ""),
    };
    let mut pattern = String::with_capacity(value.len());
    normalise(body, true, &mut pattern);
    // Several stars in a row say what one says.
    while pattern.contains("**") {
        pattern = pattern.replace("**", "*");
    }
    pattern + anchor
}

/// A path and query in the same spelling, in which a literal `*` or `$` cannot be taken for a special one.
fn normal_path(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    let path = path.split('#').next().unwrap_or_default();
    normalise(if path.is_empty() { b"/" } else { path.as_bytes() }, false, &mut normal);
    normal
}

/// RFC 9309 §2.2.2: escaped unreserved octets are unescaped, everything outside ASCII is escaped, hex is upper case;
/// in a query, the delimiters that mean nothing there are escaped.
fn normalise(bytes: &[u8], stars_are_special: bool, normal: &mut String) {
    let mut rest = bytes;
    let mut in_query = false;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let mut byte = *first;
        let mut escaped = false;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            byte = high * 16 + low;
            escaped = true;
            rest = after;
        }
        let literal = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => true,
            b'*' => stars_are_special && !escaped,
            b':' | b'/' | b'?' | b'@' | b'[' | b']' => !in_query && !escaped,
            b'$' | b'"' | b'<' | b'>' => false,
            other => other.is_ascii_graphic() && !escaped,
        };
        if !escaped && byte == b'?' {
            in_query = true;
        }
        if literal {
            normal.push(char::from(byte));
        } else {
            normal.push('%');
            for digit in [byte >> 4, byte & 15] {
                normal.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a pattern matches from the path's beginning. Each piece between stars is found at its first place, which is
/// enough: what follows a star may begin anywhere later. No backtracking.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = pattern.strip_suffix('$').map_or((pattern, false), |body| (body, true));
    let mut pieces = pattern.split('*').peekable();
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    if pieces.peek().is_none() {
        return !anchored || rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if anchored && pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}
