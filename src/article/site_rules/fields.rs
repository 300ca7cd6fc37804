//! Headline, byline and date where a rule says they stand.

use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{NaiveTime, TimeZone as _, Utc};
use scraper::{ElementRef, Html, Selector};

use super::{Applied, SiteRule, Zone, text_of};
use crate::article::Precision;
use crate::article::metadata::dates::{self, Moment};
use crate::article::text::head;

/// Characters of the longest value taken.
const VALUE_CHARS_MAX: usize = 1000;
/// Elements of one key that are looked at.
const ELEMENTS_MAX: usize = 20;

/// What a rule finds on a page.
#[derive(Debug, Default)]
pub(in super::super) struct Fields {
    pub title: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<Moment>,
}

impl SiteRule {
    /// Reads the fields the rule is about.
    pub(in super::super) fn fields(&self, html: &Html, applied: &mut Applied) -> Fields {
        let mut told = |key: &'static str, selectors: &[Selector], found: bool| {
            if !selectors.is_empty() && !found {
                applied.missed.push(key);
            }
        };
        let title = values(html, &self.title).into_iter().next();
        told("title", &self.title, title.is_some());
        let authors = values(html, &self.authors);
        told("authors", &self.authors, !authors.is_empty());
        let published = values(html, &self.published).iter().find_map(|value| self.moment(value));
        told("published", &self.published, published.is_some());
        Fields { title, authors, published }
    }

    fn moment(&self, text: &str) -> Option<Moment> {
        let Some(format) = &self.date_format else { return dates::parse(text) };
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
        let date = parsed.to_naive_date().ok()?;
        let has_time = parsed.minute().is_some();
        let time = if has_time { parsed.to_naive_time().ok()? } else { NaiveTime::MIN };
        let local = date.and_time(time);
        let at = match (parsed.offset(), self.zone) {
            _ if !has_time => Utc.from_utc_datetime(&local),
            (Some(_), _) => parsed.to_datetime().ok()?.to_utc(),
            (None, Some(Zone::Named(zone))) => zone.from_local_datetime(&local).earliest()?.to_utc(),
            (None, Some(Zone::Fixed(zone))) => zone.from_local_datetime(&local).earliest()?.to_utc(),
            (None, None) => Utc.from_utc_datetime(&local),
        };
        let precision = match (has_time, parsed.second()) {
            (false, _) => Precision::Day,
            (true, None) => Precision::Minute,
            (true, Some(_)) => Precision::Second,
        };
        dates::plausible(at).then_some(Moment { at, precision })
    }
}

/// The values of the first selector that finds any.
fn values(html: &Html, selectors: &[Selector]) -> Vec<String> {
    let of = |selector| -> Vec<String> {
        html.select(selector).take(ELEMENTS_MAX).map(value).filter(|value| !value.is_empty()).collect()
    };
    selectors.iter().map(of).find(|values| !values.is_empty()).unwrap_or_default()
}

/// What an element says: a `<meta>` its content, a `<time>` its time, any other its text.
fn value(element: ElementRef<'_>) -> String {
    let attribute = match element.value().name() {
        "meta" => element.attr("content"),
        "time" => element.attr("datetime"),
        _ => None,
    };
    let text = attribute.map_or_else(|| text_of(*element), |value| value.trim().to_owned());
    head(&text, VALUE_CHARS_MAX).to_owned()
}
