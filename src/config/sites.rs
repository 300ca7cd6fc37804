//! The rules for single sites: `sites.toml` beside the configuration file, and the cases recorded for them in the folder
//! `sites` there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::load::Problem;
use crate::article::{SiteRules, site_rules};

/// Where the rules are looked for: beside the configuration file.
pub fn file(configuration: &Path) -> PathBuf {
    configuration.with_file_name("sites.toml")
}

/// Where recorded cases are looked for.
pub fn cases(configuration: &Path) -> PathBuf {
    configuration.with_file_name("sites")
}

/// Reads the rules; a missing file means none.
///
/// # Errors
/// Every fault, with file and line.
pub fn load(configuration: Option<&Path>) -> Result<SiteRules, Vec<Problem>> {
    let Some(path) = configuration.map(file) else { return Ok(SiteRules::default()) };
    let name = path.display();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(SiteRules::default()),
        Err(error) => {
            let message = format!("the rules for sites cannot be read: {error}; make the file readable or remove it");
            return Err(vec![Problem { place: name.to_string(), message }]);
        }
    };
    site_rules::read(&text).map_err(|problems| {
        let placed = |problem: site_rules::Problem| Problem {
            place: format!("{name}:{}", problem.line),
            message: problem.message,
        };
        problems.into_iter().map(placed).collect()
    })
}
