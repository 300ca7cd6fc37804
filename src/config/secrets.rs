//! Secrets by name: a feed list says `secret:paper`, the environment says what that is.
//!
//! `WIREROOM_SECRET_PAPER` holds the secret itself, `WIREROOM_SECRET_PAPER_FILE` the path of a file that does. They are
//! read once, at the start. The list and the database hold names only.

use std::collections::BTreeMap;

use super::{Secret, load::Problem};

/// What begins the name of a variable that holds a secret.
const PREFIX: &str = "WIREROOM_SECRET_";
/// What ends the name of one that holds a file's path.
const FILE: &str = "_FILE";
/// The longest secret taken: tokens and cookies have under 8 KiB, and servers take no longer header lines.
const BYTES_MAX: u64 = 16 << 10;
/// The longest name.
const NAME_MAX: usize = 64;

/// The name of a secret: lower-case letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// Reads a name; case does not count and `-` is `_`, as in the variables.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(right) {
            return Err(format!("a secret's name has letters, digits and _ only, at most {NAME_MAX}"));
        }
        Ok(Self(name))
    }

    /// The name as it is written in lists.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The environment variable that holds the secret.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.0.to_ascii_uppercase())
    }
}

/// All secrets of a process.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<SecretName, Secret>);

impl Secrets {
    /// Takes the secrets out of the environment, and out of the files it names.
    pub fn read(environment: &[(String, String)], problems: &mut Vec<Problem>) -> Self {
        let mut found = BTreeMap::new();
        for (variable, value) in environment.iter().filter(|(_, value)| !value.is_empty()) {
            let Some(name) = variable.strip_prefix(PREFIX) else { continue };
            let secret = match name.strip_suffix(FILE) {
                Some(name) => from_file(value).map(|secret| (name, secret)),
                None => Ok((name, Secret::new(value.clone()))),
            };
            let named = secret.and_then(|(name, secret)| Ok((SecretName::parse(name)?, secret)));
            match named {
                Ok((name, secret)) => drop(found.insert(name, secret)),
                Err(message) => problems.push(Problem { place: variable.clone(), message }),
            }
        }
        Self(found)
    }

    /// The secret of that name.
    ///
    /// # Errors
    /// There is none; the sentence names the variables that could hold it.
    pub fn get(&self, name: &SecretName) -> Result<&Secret, String> {
        self.0.get(name).ok_or_else(|| {
            let variable = name.variable();
            format!("the secret {:?} is not set: set {variable}, or {variable}{FILE} to the path of a file", name.0)
        })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys().map(SecretName::as_str)).finish()
    }
}

fn from_file(path: &str) -> Result<Secret, String> {
    use std::io::Read as _;
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text).map(|_| text)
    };
    let text = read().map_err(|error| format!("{path} cannot be read: {error}"))?;
    match text.trim() {
        "" => Err(format!("{path} is empty")),
        text if text.len() as u64 > BYTES_MAX => Err(format!("{path} is longer than {BYTES_MAX} bytes")),
        text => Ok(Secret::new(text.to_owned())),
    }
}
