//! The clock of a publisher's country, for times that are written without a zone.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::Tz;
use url::Url;

static CLOCKS: LazyLock<HashMap<&'static str, Tz>> = LazyLock::new(|| {
    let table = include_str!("../../../config/rules/clocks.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.filter_map(|(ending, zone)| Some((ending, zone.parse().ok()?))).collect()
});

/// The zone of the country that a host's ending names, if that has one clock.
pub(super) fn zone_of(url: &Url) -> Option<Tz> {
    let ending = url.host_str()?.rsplit('.').next()?;
    CLOCKS.get(ending).copied()
}
