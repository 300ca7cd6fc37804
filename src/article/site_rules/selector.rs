//! Selectors as people write them in rules, of which none may cost more than a look at each element and those around it.

use scraper::Selector;

/// Bytes of the longest selector.
const BYTES_MAX: usize = 512;
/// Steps of the longest selector, and alternatives of the broadest.
const STEPS_MAX: usize = 12;
/// Pseudo-classes that look no further than at an element, its first and last neighbours.
const PSEUDO_CLASSES: [&str; 6] = ["not", "is", "first-child", "last-child", "empty", "root"];

/// Compiles a selector.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn compile(written: &str) -> Result<Selector, String> {
    if written.len() > BYTES_MAX {
        return Err(format!("a selector of {} bytes is too long: {BYTES_MAX} at most", written.len()));
    }
    check_cost(written)?;
    Selector::parse(written).map_err(|error| format!("{written:?} is no selector: {error}"))
}

/// Refuses what would cost the square of the page: looks into an element, back over all its neighbours, and chains.
fn check_cost(written: &str) -> Result<(), String> {
    let mut steps = 0;
    let mut quote = None;
    let mut in_brackets = false;
    let mut chars = written.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (_, '\\') => {
                chars.next();
            }
            (Some(mark), c) if mark == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => in_brackets = true,
            (None, ']') => in_brackets = false,
            (None, _) if in_brackets => {}
            (None, '~') => {
                return Err(format!("{written:?} looks back over all neighbours (~), which no rule may: use + or >"));
            }
            (None, ':') => {
                let name: String = written
                    .get(at + 1..)
                    .unwrap_or_default()
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '\\'))
                    .collect();
                if !PSEUDO_CLASSES.contains(&name.to_ascii_lowercase().as_str()) {
                    return Err(format!(
                        "{written:?} asks for :{name}, which no rule may: of such only {} are known",
                        PSEUDO_CLASSES.map(|name| format!(":{name}")).join(", ")
                    ));
                }
            }
            (None, ' ' | '>' | '+' | ',' | '\t' | '\n') => steps += 1,
            (None, _) => {}
        }
    }
    // " > " are three signs of one step.
    if steps > 3 * STEPS_MAX {
        return Err(format!("{written:?} has too many steps: {STEPS_MAX} at most"));
    }
    Ok(())
}
