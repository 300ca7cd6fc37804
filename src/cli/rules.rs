//! The rules of cleaning as this machine's files have them: for the daemon and for the commands alike.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::Failure;
use crate::article::Rules;
use crate::config::{Loaded, sites};

/// The rules of the folder `rules` beside the configuration file, file by file, else the shipped ones; with those for
/// single sites in `sites.toml`.
pub fn rules(loaded: &Loaded) -> Result<Rules, Failure> {
    let folder = loaded.path.as_deref().and_then(Path::parent).map(|folder| folder.join("rules"));
    let mut own = BTreeMap::new();
    for path in Rules::FILES.iter().filter_map(|name| Some(folder.as_ref()?.join(name))).filter(|path| path.exists()) {
        let text =
            std::fs::read_to_string(&path).map_err(|error| Failure::Config(format!("{}: {error}", path.display())))?;
        own.extend(path.file_name().map(|name| (name.to_owned(), text)));
    }
    let rules = Rules::with(|name| own.get(OsStr::new(name)).cloned())
        .map_err(|error| Failure::Config(format!("rules beside the configuration: {error}")))?;
    let sites = sites::load(loaded.path.as_deref()).map_err(|problems| {
        Failure::Config(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nwireroom: "))
    })?;
    Ok(rules.with_sites(sites))
}
