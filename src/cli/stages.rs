//! `parse`, `clean` and `extract`: the pure stages on files, from the shell.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::inputs::{self, Input, InputError, Output};
use super::{CleanArgs, Failure, Inputs, cases, rules};
use crate::article::{self, Article, Hint, Rules};
use crate::config::Loaded;
use crate::fetch::FetchKind;
use crate::mention::{self, Lexicon};
use crate::{feed, page};

/// `wireroom parse`.
pub async fn parse(loaded: &Loaded, inputs: &Inputs) -> Result<(), Failure> {
    inputs::each(loaded, inputs, FetchKind::Feed, |input| {
        let feed = feed::parse(&input.bytes, input.content_type.as_deref(), input.url.as_ref())
            .map_err(|error| InputError::new(error.kind(), error.to_string()))?;
        fields(&feed)
    })
    .await
}

/// `wireroom clean`.
pub async fn clean(loaded: &Loaded, args: CleanArgs, record: Option<PathBuf>) -> Result<(), Failure> {
    let rules = rules::rules(loaded)?;
    let inputs = args.inputs.clone();
    inputs::each(loaded, &inputs, FetchKind::Page, move |input| {
        if let Some(folder) = &record {
            // What a case is compared with later knows nothing but the page.
            let made = cases::made_of(input, &Hint::default(), &rules);
            let case = cases::record(folder, input, &made)?;
            tracing::info!(case = %case.display(), "recorded a case");
        }
        if args.explain && !args.plain {
            return explained(input, &args, &rules);
        }
        let article = cleaned(input, &args, &rules)?;
        if args.explain {
            return Ok(Output::Text(article::explain(&article)));
        }
        if args.text { Ok(Output::Text(article.text)) } else { fields(&article) }
    })
    .await
}

/// `wireroom extract`.
pub async fn extract(loaded: &Loaded, args: CleanArgs) -> Result<(), Failure> {
    let knowledge = Arc::new((rules::rules(loaded)?, Lexicon::builtin()));
    let inputs = args.inputs.clone();
    inputs::each(loaded, &inputs, FetchKind::Page, move |input| {
        let (rules, lexicon) = &*knowledge;
        let article = cleaned(input, &args, rules)?;
        let found = mention::extract(
            &article.text,
            article.title.as_deref(),
            article.published_at,
            article.language.as_deref(),
            lexicon,
        );
        let (Output::Fields(mut all), Output::Fields(Value::Object(found))) = (fields(&article)?, fields(&found)?)
        else {
            return Err(InputError::new("bug", "an article is no JSON object"));
        };
        if let Some(object) = all.as_object_mut() {
            object.extend(found);
        }
        Ok(Output::Fields(all))
    })
    .await
}

fn cleaned(input: &Input, args: &CleanArgs, rules: &Rules) -> Result<Article, InputError> {
    let hint = Hint { published_at: args.published, ..Hint::default() };
    let given = |mut article: Article| {
        // The hint is a feed's elsewhere; here it is the user's.
        if args.published.is_some() && article.published_source == Some("feed") {
            article.published_source = Some("given");
        }
        article
    };
    if args.plain {
        if input.bytes.iter().take(4096).any(|b| *b == 0) {
            return Err(InputError::new(
                "binary",
                "the input is no text: it has NUL bytes; give plain text with --plain",
            ));
        }
        let decoded = page::decode(&input.bytes, input.content_type.as_deref());
        return Ok(article::clean_plain(&decoded.text, input.url.as_ref(), &hint, rules));
    }
    cases::made_of(input, &hint, rules).map(given).map_err(|error| InputError::new(error.kind(), error.to_string()))
}

/// What became of every piece of a page, for a person.
fn explained(input: &Input, args: &CleanArgs, rules: &Rules) -> Result<Output, InputError> {
    let refused = |error: article::CleanError| InputError::new(error.kind(), error.to_string());
    let hint = Hint { published_at: args.published, ..Hint::default() };
    page::check(&input.bytes).map_err(refused)?;
    let decoded = page::decode(&input.bytes, input.content_type.as_deref());
    let (article, told) = article::clean_and_tell(&decoded.text, input.url.as_ref(), &hint, rules).map_err(refused)?;
    Ok(Output::Text(article::explain_blocks(&article, &told)))
}

fn fields(value: &impl serde::Serialize) -> Result<Output, InputError> {
    serde_json::to_value(value).map(Output::Fields).map_err(|error| InputError::new("bug", error.to_string()))
}
