//! What an address says of its page.

use url::Url;

/// What kind of page an address looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// The site's first page, or that of one of its languages.
    Root,
    /// A list: a section, tag, author, search or archive, or a further page of one.
    List,
    /// A film, a recording or a gallery.
    Media,
    /// A page about the site: its terms, its contact.
    Site,
    /// Dated, numbered or a headline in words, as articles are.
    Article,
    /// None of these.
    Other,
}

/// Words of a path that stand before a name of what is listed.
const LIST_WORDS: [&str; 34] = [
    "tag",
    "tags",
    "category",
    "categories",
    "author",
    "authors",
    "autor",
    "autoren",
    "auteur",
    "auteurs",
    "autores",
    "topic",
    "topics",
    "thema",
    "themen",
    "sujet",
    "tema",
    "temas",
    "etiqueta",
    "etiquetas",
    "kategorie",
    "categoria",
    "rubrik",
    "search",
    "suche",
    "recherche",
    "buscar",
    "archive",
    "archives",
    "archiv",
    "archivo",
    "profile",
    "section",
    "people",
];
/// Words of a path that lead to something to watch or to hear.
const MEDIA_WORDS: [&str; 16] = [
    "video",
    "videos",
    "watch",
    "podcast",
    "podcasts",
    "audio",
    "gallery",
    "galleries",
    "galerie",
    "fotostrecke",
    "bilder",
    "galeria",
    "fotogaleria",
    "diaporama",
    "mediathek",
    "photos",
];
/// Last words of a path that are about the site.
const SITE_WORDS: [&str; 25] = [
    "privacy",
    "privacy-policy",
    "datenschutz",
    "datenschutzerklaerung",
    "terms",
    "terms-of-use",
    "terms-of-service",
    "terms-and-conditions",
    "agb",
    "nutzungsbedingungen",
    "impressum",
    "imprint",
    "contact",
    "contact-us",
    "kontakt",
    "contacto",
    "contatti",
    "contato",
    "cookie-policy",
    "cookies",
    "legal",
    "mentions-legales",
    "aviso-legal",
    "politica-de-privacidad",
    "privacidade",
];
/// Keys of a query that ask for a list.
const LIST_KEYS: [&str; 7] = ["s", "q", "query", "search", "keyword", "tag", "cat"];
/// Words that a headline in an address has at least.
const SLUG_WORDS_MIN: usize = 4;
/// Digits that an article's number has at least.
const NUMBER_DIGITS_MIN: usize = 5;

/// Reads an address.
pub(super) fn read(url: &Url) -> Address {
    if !url.has_host() {
        return Address::Other;
    }
    let parts: Vec<String> =
        url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    let is = |words: &[&str], part: &String| words.contains(&part.as_str());
    let asks = |keys: &[&str]| url.query_pairs().any(|(key, value)| keys.contains(&&*key) && !value.is_empty());
    let Some(last) = parts.last() else {
        return if asks(&LIST_KEYS) {
            Address::List
        } else if url.query().is_none() {
            Address::Root
        } else {
            Address::Other
        };
    };
    let name = last.rsplit_once('.').map_or(last.as_str(), |(name, _)| name);
    if parts.len() <= 2 && SITE_WORDS.contains(&name) {
        return Address::Site;
    }
    let further = parts
        .windows(2)
        .any(|pair| matches!(pair, [page, number] if page == "page" && number.chars().all(|c| c.is_ascii_digit())));
    let headline = name.split(['-', '_']).filter(|word| !word.is_empty()).count() >= SLUG_WORDS_MIN;
    // What follows such a word is what is listed; further down there may be articles.
    let listed =
        parts.len() <= 4 && parts.iter().rev().take(if headline { 2 } else { 3 }).any(|part| is(&LIST_WORDS, part));
    if further || listed || asks(&LIST_KEYS) {
        return Address::List;
    }
    let media = parts.iter().any(|part| is(&MEDIA_WORDS, part));
    if media {
        return Address::Media;
    }
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    let numbered = parts.iter().any(|part| digits(part) >= NUMBER_DIGITS_MIN);
    let dated = parts.windows(2).any(|pair| match pair {
        [year, month] => year.len() == 4 && digits(year) == 4 && (1..=2).contains(&digits(month)) && month.len() <= 2,
        _ => false,
    });
    // A year and a month alone are an archive.
    let archive = parts.len() <= 3 && parts.iter().all(|part| part.len() <= 4 && digits(part) == part.len());
    if archive {
        return Address::List;
    }
    if headline || numbered || dated {
        return Address::Article;
    }
    // One of a site's languages.
    if parts.len() == 1 && name.len() == 2 && name.chars().all(|c| c.is_ascii_lowercase()) {
        return Address::Root;
    }
    Address::Other
}
