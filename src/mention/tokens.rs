//! Words with their places: what the rules below walk over.

/// A word or a mark of punctuation.
#[derive(Debug, Clone, Copy)]
pub struct Token<'t> {
    /// The word, without a possessive ending.
    pub text: &'t str,
    /// First character.
    pub start: usize,
    /// One past the last character, possessive ending not counted.
    pub end: usize,
    /// First byte in the text.
    pub byte: usize,
    /// Whether it begins a sentence or a paragraph.
    pub opens: bool,
    /// Whether a possessive ending follows.
    pub possessive: bool,
}

impl Token<'_> {
    /// Whether it begins with a capital.
    pub fn capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether it is a word or a number.
    pub fn word(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_alphanumeric)
    }

    /// Whether all its letters are capitals, two at least.
    pub fn acronym(&self) -> bool {
        let letters = self.text.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 2 && self.text.chars().all(|c| c.is_uppercase() || c == '.' || c == '-' || c.is_ascii_digit())
    }
}

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 30] = [
    "Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Col", "Lt", "Sgt", "Sen", "Rep", "Gov", "Rev", "St", "Jr", "Sr", "Inc",
    "Corp", "Co", "Ltd", "No", "Jan", "Feb", "Aug", "Sept", "Oct", "Nov", "Dec", "vs", "Capt",
];

/// Splits a text.
pub fn tokenise(text: &str) -> Vec<Token<'_>> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(chars.len() / 5);
    let mut opens = true;
    let mut at = 0;
    while let Some(&(byte, c)) = chars.get(at) {
        if c.is_whitespace() {
            // A blank line ends a paragraph.
            if c == '\n' {
                opens = true;
            }
            at += 1;
            continue;
        }
        let mut end = at + 1;
        if c.is_alphanumeric() {
            end = word_end(&chars, at);
        }
        let (cut, possessive) = without_possessive(&chars, at, end);
        let last = chars.get(cut).map_or(text.len(), |(b, _)| *b);
        let word = text.get(byte..last).unwrap_or_default();
        tokens.push(Token { text: word, start: at, end: cut, byte, opens, possessive });
        opens = if c.is_alphanumeric() {
            false
        } else {
            match c {
                '.' => ends_sentence(&tokens, chars.get(end).map(|(_, c)| *c)),
                '!' | '?' | '…' | '。' | '！' | '？' => true,
                '“' | '"' | '‘' | '”' | '’' | '(' | '—' | '–' | '•' | '«' | '„' => {
                    opens || matches!(c, '“' | '«' | '„' | '•')
                }
                _ => false,
            }
        };
        at = end;
    }
    tokens
}

fn word_end(chars: &[(usize, char)], from: usize) -> usize {
    let is = |at: usize| chars.get(at).is_some_and(|(_, c)| c.is_alphanumeric());
    let mut at = from;
    loop {
        while is(at) {
            at += 1;
        }
        let Some(&(_, joint)) = chars.get(at) else { return at };
        let joins = match joint {
            '-' | '\'' | '’' | '\u{2011}' => is(at + 1),
            // U.S., 3.5, 1,000
            '.' | ',' => {
                let digit = |i: usize| chars.get(i).is_some_and(|(_, c)| c.is_ascii_digit());
                let initial = at == from + 1 || chars.get(at.wrapping_sub(2)).is_some_and(|(_, c)| *c == '.');
                let upper = |i: usize| chars.get(i).is_some_and(|(_, c)| c.is_uppercase());
                (digit(at.wrapping_sub(1)) && digit(at + 1))
                    || (joint == '.' && initial && upper(at - 1) && upper(at + 1) && !is(at + 2))
            }
            _ => false,
        };
        if !joins {
            // The last stop of "U.S." belongs to it.
            let initials =
                joint == '.' && chars.get(at.wrapping_sub(2)).is_some_and(|(_, c)| *c == '.') && at >= from + 3;
            return if initials { at + 1 } else { at };
        }
        at += 1;
    }
}

fn without_possessive(chars: &[(usize, char)], from: usize, end: usize) -> (usize, bool) {
    let get = |at: usize| chars.get(at).map(|(_, c)| *c);
    if end >= from + 3 && matches!(get(end - 1), Some('s' | 'S')) && matches!(get(end - 2), Some('\'' | '’')) {
        return (end - 2, true);
    }
    (end, false)
}

fn ends_sentence(tokens: &[Token<'_>], next: Option<char>) -> bool {
    let before = tokens.len().checked_sub(2).and_then(|i| tokens.get(i));
    let short = before.is_some_and(|t| ABBREVIATIONS.contains(&t.text) || (t.text.chars().count() == 1 && t.capital()));
    next.is_none_or(|c| !c.is_alphanumeric()) && !short
}
