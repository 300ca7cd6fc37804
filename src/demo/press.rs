//! The printing press: articles with their dates set, and the answer to every request.

use std::collections::HashMap;
use std::io::Write;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, Response, StatusCode, header};
use serde_json::json;

use super::archive::{Access, ArticlePlan, FeedPlan, SitePlan, Told, Validators};
use super::layout::Values;
use super::markup::{self, Block};
use super::{Newspaper, Site, calendar, syndication};

/// Which state of the articles is in print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edition {
    /// As first published.
    #[default]
    First,
    /// After the edit.
    Second,
}

/// What the answers depend on beside the request: the edition in print, and what was asked before.
#[derive(Debug, Default)]
pub struct Visits {
    /// The edition in print.
    pub edition: Edition,
    answered: HashMap<String, u32>,
}

/// An article as it stands in one edition.
#[derive(Debug, Clone)]
pub struct Article {
    /// Its address on its own site.
    pub url: String,
    /// The address its feeds name, when they name another.
    pub listed_url: String,
    /// The headline.
    pub title: String,
    /// Who wrote it, one name each.
    pub authors: Vec<String>,
    /// The section of the paper.
    pub section: String,
    /// BCP 47.
    pub language: String,
    /// The paper's own tags.
    pub tags: Vec<String>,
    /// What the feeds say of it.
    pub summary: String,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// What a reader meets at its address.
    pub access: Access,
    pub(super) slug: String,
    pub(super) caption: Option<String>,
    pub(super) credit: Option<String>,
    pub(super) blocks: Vec<Block>,
}

impl Article {
    pub(super) fn print(plan: &ArticlePlan, site: &SitePlan, base: DateTime<Utc>, edition: Edition) -> Self {
        let published_at = base - TimeDelta::minutes(plan.minutes_ago);
        let language = plan.language.as_ref().unwrap_or(&site.language).clone();
        let edit = plan.edit.as_ref().filter(|_| edition == Edition::Second);
        let source = edit.map_or_else(|| plan.text.clone(), |edit| format!("{}\n\n{}", plan.text, edit.append));
        let dated = |text: &str| calendar::resolve(text, published_at, &language);
        let path = plan.path.clone().unwrap_or_else(|| address(plan, site, published_at));
        Self {
            url: format!("http://{}{path}", site.host),
            listed_url: format!("http://{}{}", site.host, plan.listed_path.as_ref().unwrap_or(&path)),
            title: edit.map_or(&plan.title, |edit| &edit.title).clone(),
            authors: plan.byline.clone(),
            section: plan.section.clone(),
            tags: plan.tags.clone(),
            summary: dated(&plan.summary),
            published_at,
            updated_at: published_at + TimeDelta::minutes(edit.map_or(0, |edit| edit.minutes_later)),
            access: plan.access,
            slug: plan.slug.clone(),
            caption: plan.caption.clone(),
            credit: plan.credit.clone(),
            blocks: markup::blocks(&dated(&source)),
            language,
        }
    }

    /// The story as a reader should get it: paragraphs separated by one blank line, without the headline.
    pub fn text(&self) -> String {
        self.blocks.iter().map(|b| b.text.as_str()).collect::<Vec<_>>().join("\n\n")
    }
}

/// The site's pattern of addresses, filled in.
fn address(plan: &ArticlePlan, site: &SitePlan, published_at: DateTime<Utc>) -> String {
    let section = plan.section.to_lowercase().replace(' ', "-");
    let dated = [("{yyyy}", "%Y"), ("{mm}", "%m"), ("{dd}", "%d")]
        .into_iter()
        .fold(site.article_path.clone(), |path, (name, format)| {
            path.replace(name, &published_at.format(format).to_string())
        });
    dated.replace("{section}", &section).replace("{slug}", &plan.slug)
}

impl Newspaper {
    /// The answer to a GET for `path_and_query` on `host`.
    ///
    /// Pure but for `visits`, which remembers that a busy page was asked for.
    pub fn respond(&self, host: &str, path_and_query: &str, head: &HeaderMap, visits: &mut Visits) -> Response<Bytes> {
        let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
        let Some(site) = self.sites.iter().find(|s| s.plan.host == host || s.plan.aliases.iter().any(|a| a == host))
        else {
            return plain(StatusCode::MISDIRECTED_REQUEST, "no such site here");
        };
        if site.plan.host != host {
            return moved(&format!("{}{path_and_query}", site.root()));
        }
        let url = format!("{}{path}", site.root());
        let articles = site.articles(visits.edition);
        if let Some(feed) = site.plan.feeds.iter().find(|f| f.path == path) {
            return self.feed(site, feed, head, visits.edition);
        }
        if let Some(article) = articles.iter().find(|a| a.url == url) {
            let asked = visits.answered.entry(url).or_default();
            *asked = asked.saturating_add(1);
            return site.article(article, *asked, head, visits.edition);
        }
        if let Some(article) = articles.iter().find(|a| a.listed_url == url) {
            return moved(&article.url);
        }
        match (path, &site.plan.robots) {
            ("/", _) => site.html(StatusCode::OK, &site.layout.front(&site.front_values(visits.edition)), head),
            ("/robots.txt", Some(rules)) => plain(StatusCode::OK, rules),
            _ => plain(StatusCode::NOT_FOUND, "not found"),
        }
    }

    fn feed(&self, site: &Site, plan: &FeedPlan, head: &HeaderMap, edition: Edition) -> Response<Bytes> {
        let items = self.listed(site, plan, edition);
        let (media_type, body) = syndication::document(site, plan, &items, edition);
        let changed_at = items.iter().map(|i| i.article.updated_at).max().unwrap_or_default();
        let changed = changed_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mark = format!("\"{:016x}\"", fingerprint(&body));
        let (etag, last_modified) = match plan.validators {
            Validators::Etag => (Some(mark), None),
            Validators::WeakEtag => (Some(format!("W/{mark}")), None),
            Validators::LastModified => (None, Some(changed)),
            Validators::Both => (Some(mark), Some(changed)),
        };
        // If-None-Match wins over If-Modified-Since (RFC 9110, 13.2.2). Comparing the date's text is enough: an honest
        // client sends back what it was given.
        let unchanged = if let (Some(known), Some(etag)) = (head.get(header::IF_NONE_MATCH), &etag) {
            known.as_bytes() == etag.as_bytes()
        } else {
            let known = head.get(header::IF_MODIFIED_SINCE).map(http::HeaderValue::as_bytes);
            known.is_some() && known == last_modified.as_ref().map(String::as_bytes)
        };
        let mut response = if unchanged {
            answer(StatusCode::NOT_MODIFIED, Vec::new())
        } else {
            let mut response = site.packed(answer(StatusCode::OK, body), head);
            set(&mut response, header::CONTENT_TYPE, media_type);
            response
        };
        if let Some(etag) = etag {
            set(&mut response, header::ETAG, &etag);
        }
        if let Some(date) = last_modified {
            set(&mut response, header::LAST_MODIFIED, &date);
        }
        response
    }
}

impl Site {
    fn article(&self, article: &Article, asked: u32, head: &HeaderMap, edition: Edition) -> Response<Bytes> {
        let values = self.article_values(article, edition);
        match article.access {
            Access::Gone => plain(StatusCode::NOT_FOUND, "this article has been withdrawn"),
            Access::Wall => self.html(StatusCode::OK, &self.layout.wall(&values), head),
            Access::Busy if asked == 1 => {
                let mut response = plain(StatusCode::TOO_MANY_REQUESTS, "please come back in a second");
                set(&mut response, header::RETRY_AFTER, "1");
                response
            }
            Access::Open | Access::Busy | Access::Robots => {
                let page = self.layout.page(values, &article.blocks, article.caption.is_some());
                self.html(StatusCode::OK, &page, head)
            }
        }
    }

    fn html(&self, status: StatusCode, page: &str, head: &HeaderMap) -> Response<Bytes> {
        let mut body = self.encode(page);
        if self.plan.charset_told == Told::Bom {
            body.splice(0..0, *b"\xef\xbb\xbf");
        }
        let mut response = self.packed(answer(status, body), head);
        let charset = match self.plan.charset_told {
            Told::Header | Told::Both => format!("; charset={}", self.plan.charset),
            Told::Meta | Told::Bom => String::new(),
        };
        set(&mut response, header::CONTENT_TYPE, &format!("text/html{charset}"));
        response
    }

    /// Writes text in the site's charset; what that lacks becomes a character reference, as browsers do in forms.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        let encoding = encoding_rs::Encoding::for_label(self.plan.charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
        encoding.encode(text).0.into_owned()
    }

    fn packed(&self, mut response: Response<Bytes>, head: &HeaderMap) -> Response<Bytes> {
        let accepted = head.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if self.plan.gzip && accepted.contains("gzip") {
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            if let Ok(packed) = packer.write_all(response.body()).and_then(|()| packer.finish()) {
                *response.body_mut() = packed.into();
                set(&mut response, header::CONTENT_ENCODING, "gzip");
            }
        }
        response
    }

    /// What the `{{names}}` on an article's page stand for.
    pub(super) fn article_values(&self, article: &Article, edition: Edition) -> Values {
        let others: Vec<_> = self.articles(edition).iter().filter(|a| a.slug != article.slug).collect();
        // Three neighbours in the file, from the article on and round: every page has other ones.
        let place = self.articles(edition).iter().position(|a| a.slug == article.slug).unwrap_or_default();
        let related: Vec<_> = others.iter().cycle().skip(place).take(3.min(others.len())).copied().collect();
        let promo = related.first().map_or(("", ""), |a| (a.title.as_str(), a.url.as_str()));
        let mut values = self.site_values(&article.language, edition);
        values.extend([
            ("title", article.title.clone()),
            ("summary", article.summary.clone()),
            ("section", article.section.clone()),
            ("byline", article.authors.join(" and ")),
            ("author", article.authors.first().cloned().unwrap_or_default()),
            ("url", article.url.clone()),
            ("published", article.published_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            ("updated", article.updated_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            ("date", calendar::full_date(article.published_at, &article.language)),
            ("clock", article.published_at.format("%H:%M").to_string()),
            ("caption", article.caption.clone().unwrap_or_default()),
            ("credit", article.credit.clone().unwrap_or_default()),
            ("related_title", promo.0.to_owned()),
            ("related_url", promo.1.to_owned()),
            ("related_html", list(related.into_iter())),
            (
                "tags_html",
                article.tags.iter().fold(String::new(), |html, t| html + "<li>" + &markup::escape(t) + "</li>\n"),
            ),
            ("json_ld_html", self.json_ld(article)),
        ]);
        values
    }

    pub(super) fn front_values(&self, edition: Edition) -> Values {
        let mut values = self.site_values(&self.plan.language, edition);
        values.insert("articles_html", list(self.articles(edition).iter()));
        values
    }

    fn site_values(&self, language: &str, edition: Edition) -> Values {
        let feeds = self.plan.feeds.iter().map(|feed| {
            let (media_type, title) = (syndication::link_type(feed.dialect), markup::escape(&feed.title));
            format!("<link rel=\"alternate\" type=\"{media_type}\" title=\"{title}\" href=\"{}\">\n", feed.path)
        });
        Values::from([
            ("site", self.plan.name.clone()),
            ("about", self.plan.about.clone()),
            ("root", self.root()),
            ("language", language.to_owned()),
            ("charset", self.plan.charset.clone()),
            ("feed_links_html", feeds.collect()),
            ("most_read_html", list(self.articles(edition).iter().rev().take(4))),
        ])
    }

    fn json_ld(&self, article: &Article) -> String {
        let authors: Vec<_> = article.authors.iter().map(|name| json!({"@type": "Person", "name": name})).collect();
        let value = json!({
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": article.title,
            "mainEntityOfPage": article.url,
            "datePublished": article.published_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "dateModified": article.updated_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "articleSection": article.section,
            "keywords": article.tags,
            "inLanguage": article.language,
            "author": authors,
            "publisher": {"@type": "NewsMediaOrganization", "name": self.plan.name},
        });
        // `</script>` inside a value would end the element early.
        value.to_string().replace("</", "<\\/")
    }
}

fn list<'a>(articles: impl Iterator<Item = &'a Article>) -> String {
    articles.fold(String::new(), |html, a| {
        html + "<li><a href=\"" + &a.url + "\">" + &markup::escape(&a.title) + "</a></li>\n"
    })
}

/// FNV-1a, 64 bits: a validator needs no more than to change with the body.
fn fingerprint(body: &[u8]) -> u64 {
    body.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
}

fn plain(status: StatusCode, body: &str) -> Response<Bytes> {
    let mut response = answer(status, body.as_bytes().to_vec());
    set(&mut response, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

fn moved(target: &str) -> Response<Bytes> {
    let mut response = plain(StatusCode::MOVED_PERMANENTLY, "moved");
    set(&mut response, header::LOCATION, target);
    response
}

/// A value that is no header value is left out: only an address with a line end in it could be one.
fn set(response: &mut Response<Bytes>, name: header::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}
