//! The language of a text: by its script where that decides, by statistics where they are sure, and as declared where
//! they are not.

use whatlang::{Lang, Script};

use super::text::head;

/// Characters looked at: statistics are sure after a tenth of it.
const SAMPLE_CHARS: usize = 500;
/// Characters below which statistics guess.
const SAMPLE_CHARS_MIN: usize = 60;

/// Languages that statistics take for each other; of these the declared one is believed.
const KIN: [&[&str]; 11] = [
    &["no", "da", "sv", "is", "fo"],
    &["es", "pt", "gl", "ca", "ast", "an", "oc"],
    &["it", "co", "sc", "scn", "la"],
    &["de", "lb", "gsw", "nds", "yi"],
    &["nl", "af", "fy", "li"],
    &["cs", "sk"],
    &["hr", "sr", "bs", "sl", "me", "sh"],
    &["id", "ms", "jv", "su", "tl", "fil"],
    &["ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn", "tt"],
    &["ar", "fa", "ur", "ps", "ckb", "ku", "ug", "sd"],
    &["hi", "mr", "ne", "sa", "mai", "bho"],
];

/// Languages that statistics find in lists of names and filler texts; no page is in one of them without saying so.
const RARE: [&str; 8] = ["la", "eo", "jv", "ak", "sn", "tk", "zu", "tl"];

/// The languages that one script alone decides.
fn of_script(script: Script, sample: &str) -> Option<&'static str> {
    Some(match script {
        Script::Hangul => "ko",
        Script::Hiragana | Script::Katakana => "ja",
        // Japanese is known by its syllables, even where Chinese signs are more.
        Script::Mandarin => {
            let kana = sample.chars().filter(|c| matches!(c, '\u{3041}'..='\u{30ff}')).count();
            let signs = sample.chars().filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}')).count();
            if kana * 10 > signs { "ja" } else { "zh" }
        }
        Script::Thai => "th",
        Script::Greek => "el",
        Script::Georgian => "ka",
        Script::Armenian => "hy",
        Script::Tamil => "ta",
        Script::Telugu => "te",
        Script::Kannada => "kn",
        Script::Malayalam => "ml",
        Script::Gujarati => "gu",
        Script::Gurmukhi => "pa",
        Script::Oriya => "or",
        Script::Sinhala => "si",
        Script::Khmer => "km",
        Script::Myanmar => "my",
        Script::Bengali => "bn",
        Script::Ethiopic => "am",
        _ => return None,
    })
}

/// The language of a text, as the primary subtag of BCP 47.
pub(super) fn of_text(text: &str, declared: Option<&str>) -> Option<String> {
    let sample = head(text, SAMPLE_CHARS);
    let declared_or = |code: &str| declared.filter(|own| are_kin(own, code)).unwrap_or(code).to_owned();
    if let Some(script) = whatlang::detect_script(sample)
        && let Some(code) = of_script(script, sample)
    {
        // Scripts that several languages write: Assamese is declared, and so is Tigrinya.
        let shared = matches!(script, Script::Bengali | Script::Ethiopic | Script::Mandarin) && code != "ja";
        let fits = |own: &str| matches!((code, own), ("bn", "as") | ("am", "ti") | ("zh", "yue" | "wuu"));
        return Some(declared.filter(|own| shared && fits(own)).unwrap_or(code).to_owned());
    }
    let detected = whatlang::detect(sample).filter(|_| sample.chars().count() >= SAMPLE_CHARS_MIN);
    match (declared, detected) {
        (None, Some(info)) => two_letters(info.lang()).map(str::to_owned),
        (Some(own), Some(info)) if info.is_reliable() => {
            // A page of such a language declares English or itself; what has English's small words is English.
            let foreign = own == "en" && !has_english(sample);
            let Some(code) = two_letters(info.lang()).filter(|code| !RARE.contains(code) || foreign) else {
                return Some(own.to_owned());
            };
            // A language that statistics do not know looks to them like some other one.
            let is_known = own == "no" || Lang::all().iter().any(|lang| two_letters(*lang) == Some(own));
            // English is what templates declare, and what foreign pages are written in.
            let doubts = is_known || code == "en" || own == "en";
            Some(if doubts { declared_or(code) } else { own.to_owned() })
        }
        (Some(own), _) => Some(own.to_owned()),
        (None, None) => None,
    }
}

/// Whether a text has the small words that no English paragraph does without.
fn has_english(sample: &str) -> bool {
    let small = |word: &str| matches!(word, "the" | "of" | "and" | "to" | "in" | "a" | "is" | "that" | "for" | "on");
    let words = sample.split_whitespace().count();
    sample.split_whitespace().filter(|word| small(word)).count() * 12 >= words
}

fn are_kin(a: &str, b: &str) -> bool {
    KIN.iter().any(|kin| kin.contains(&a) && kin.contains(&b))
}

/// The primary subtag of a language tag, if it is one.
pub(super) fn primary(tag: &str) -> Option<String> {
    let code = tag.trim().split(['-', '_', ',', ';', ' ']).next()?.to_ascii_lowercase();
    // Norwegian is written as one of two; readers and detectors call both "no".
    let code = match code.as_str() {
        "nb" | "nn" => "no",
        "iw" => "he",
        "in" => "id",
        "ji" => "yi",
        "english" => "en",
        "deutsch" | "german" => "de",
        // Countries that stand where a language should.
        "jp" => "ja",
        "cn" => "zh",
        "kr" => "ko",
        "cz" => "cs",
        "gr" => "el",
        "dk" => "da",
        "ua" => "uk",
        other => other,
    };
    (matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_lowercase())).then(|| code.to_owned())
}

/// ISO 639-1 for the languages the detector knows by ISO 639-3.
fn two_letters(lang: Lang) -> Option<&'static str> {
    const CODES: [(&str, &str); 69] = [
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "no"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    CODES.iter().find(|(three, _)| *three == lang.code()).map(|(_, two)| *two)
}
