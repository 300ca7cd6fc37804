//! Who wrote it: the page's data first, and where that names nobody, the byline that a reader sees.

use super::head::Head;
use super::json_ld::Story;
use super::names::{Bylines, Credit, CreditKind, is_account, name_key};
use super::site::Site;

/// People in one byline; more is a list of staff.
const PEOPLE_MAX: usize = 12;
/// Nodes between two marked authors of one byline, and between the headline and the first of them.
const NODES_BETWEEN: usize = 40;
const NODES_FROM_HEADLINE: usize = 400;

/// The metas that name authors, one source after the other.
const METAS: [&str; 14] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "article:author_name",
    "cxenseparse:author",
    "citation_author",
    "og:article:author",
    "article.author",
    "twitter:data1",
    "creator",
];

/// The byline as the page's data has it, each name once, the best source's names first.
pub(super) fn structured(
    head: &Head,
    story: Option<&Story>,
    site: &Site,
    rules: &Bylines,
    headline_at: usize,
) -> Byline {
    let mut byline = Byline::default();
    if let Some(story) = story {
        let credits = story.authors.iter().flat_map(|a| rules.read(&a.name, a.is_organization, site));
        byline.add(credits.collect());
        byline.add(story.credits.iter().flat_map(|c| rules.read(c, true, site)).filter(is_agency).collect());
    }
    for key in METAS {
        // A card of Twitter holds a name only where it says so.
        if key == "twitter:data1" && !head.first(&["twitter:label1"]).is_some_and(|label| says_author(label, rules)) {
            continue;
        }
        byline.add(head.all(key).iter().flat_map(|value| rules.read(value, false, site)).collect());
    }
    byline.add(marked(head, headline_at).flat_map(|value| rules.read(value, false, site)).collect());
    byline
}

fn says_author(label: &str, rules: &Bylines) -> bool {
    rules.without_prefix(&format!("{label}: X")).1
}

fn is_agency(credit: &Credit) -> bool {
    credit.kind == CreditKind::Agency
}

/// The marked authors beside the headline: those further down signed other stories.
fn marked(head: &Head, headline_at: usize) -> impl Iterator<Item = &str> {
    let mut last = None;
    head.authors
        .iter()
        .filter(move |author| author.at.abs_diff(headline_at) <= NODES_FROM_HEADLINE)
        .take_while(move |author| {
            let joins = last.is_none_or(|last: usize| author.at.abs_diff(last) <= NODES_BETWEEN);
            last = Some(author.at);
            joins
        })
        .map(|author| author.value.as_str())
}

/// The names of a byline, as they come together from several places.
#[derive(Debug, Default)]
pub(super) struct Byline {
    people: Vec<Credit>,
    accounts: Vec<Credit>,
    houses: Vec<Credit>,
    agencies: Vec<Credit>,
}

impl Byline {
    /// Whether a person is named, or an agency in the place of one.
    pub fn is_signed(&self) -> bool {
        !self.people.is_empty() || !self.agencies.is_empty()
    }

    /// Adds what one source says. The first source that names people names all of them.
    pub fn add(&mut self, credits: Vec<Credit>) {
        let mut people: Vec<Credit> = Vec::new();
        for credit in credits {
            let list = match credit.kind {
                CreditKind::Agency => &mut self.agencies,
                CreditKind::Organization => &mut self.houses,
                CreditKind::Person if is_account(&credit.name) => &mut self.accounts,
                CreditKind::Person => &mut people,
            };
            let key = name_key(&credit.name);
            if !list.iter().any(|known| name_key(&known.name) == key) && list.len() < PEOPLE_MAX {
                list.push(credit);
            }
        }
        // A source that has all of the names and more has the whole byline.
        let has = |list: &[Credit], name: &str| list.iter().any(|known| name_key(&known.name) == name_key(name));
        let is_more = people.len() > self.people.len()
            && people.len() <= self.people.len() + 3
            && self.people.iter().all(|known| has(&people, &known.name));
        if self.people.is_empty() || is_more {
            self.people = people;
        }
    }

    /// The people; where none is named, who signs in their place.
    pub fn credits(mut self) -> Vec<Credit> {
        if self.people.is_empty() {
            self.people = if self.accounts.is_empty() || !self.houses.is_empty() { Vec::new() } else { self.accounts };
            // A house's other spellings are the same house.
            self.houses.truncate(1);
        } else {
            self.houses.clear();
        }
        self.people.into_iter().chain(self.houses).chain(self.agencies).collect()
    }
}
