//! Inputs of the stage commands: files, URLs, stdin. Each gives one line, in order; a bad one costs the others nothing.

use std::io::{IsTerminal as _, Read as _};
use std::sync::Arc;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use url::Url;

use super::{Failure, Inputs, print};
use crate::config::Loaded;
use crate::fetch::{FetchKind, FetchRequest, Fetcher};

/// What was read.
pub struct Input {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The HTTP header, where it came by HTTP.
    pub content_type: Option<String>,
    /// Where it came from.
    pub url: Option<Url>,
}

/// Why an input gave nothing.
pub struct InputError {
    /// One word.
    pub kind: String,
    /// A sentence with the remedy.
    pub message: String,
}

impl InputError {
    /// An error of a stage.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }
}

/// What a stage makes of an input.
pub enum Output {
    /// Fields that follow `input`.
    Fields(Value),
    /// Text as it is.
    Text(String),
}

/// Runs a stage over all inputs on all cores, and prints what comes of it in their order.
pub async fn each(
    loaded: &Loaded,
    inputs: &Inputs,
    kind: FetchKind,
    stage: impl Fn(&Input) -> Result<Output, InputError> + Send + Sync + 'static,
) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let fetcher = if inputs.inputs.iter().any(|i| is_url(i)) {
        Some(Fetcher::new(&loaded.config.fetch).map_err(|error| Failure::failed(error.to_string()))?)
    } else {
        None
    };
    let stage = Arc::new(stage);
    let bar = if inputs.inputs.len() > 20 && std::io::stderr().is_terminal() {
        ProgressBar::new(inputs.inputs.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    let mut failed = false;
    let mut running = std::collections::VecDeque::new();
    let mut rest = inputs.inputs.iter();
    loop {
        while running.len() < cores * 2 {
            let Some(name) = rest.next() else { break };
            let task = one(name.clone(), inputs.url.clone(), kind, fetcher.clone(), stage.clone());
            running.push_back((name.clone(), tokio::spawn(task)));
        }
        let Some((name, task)) = running.pop_front() else { break };
        let done = task.await.unwrap_or_else(|stopped| Err(InputError::new("panic", stopped.to_string())));
        match done {
            Ok(Output::Text(text)) => print::line(&text)?,
            Ok(Output::Fields(fields)) => {
                let mut object = json!({ "input": name });
                if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
                    object.extend(fields);
                }
                print::json(&object)?;
            }
            Err(error) => {
                failed = true;
                print::json(&json!({ "input": name, "error": { "kind": error.kind, "message": error.message } }))?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failed { Err(Failure::Told) } else { Ok(()) }
}

async fn one(
    name: String,
    url: Option<Url>,
    kind: FetchKind,
    fetcher: Option<Fetcher>,
    stage: Arc<impl Fn(&Input) -> Result<Output, InputError> + Send + Sync + 'static>,
) -> Result<Output, InputError> {
    let input = if let Some(fetcher) = fetcher.filter(|_| is_url(&name)) {
        fetch(&fetcher, &name, kind).await?
    } else {
        let read = tokio::task::spawn_blocking(move || file(&name, url)).await;
        read.unwrap_or_else(|stopped| Err(InputError::new("panic", stopped.to_string())))?
    };
    let done = tokio::task::spawn_blocking(move || stage(&input)).await;
    done.unwrap_or_else(|stopped| Err(InputError::new("panic", stopped.to_string())))
}

fn is_url(input: &str) -> bool {
    input.starts_with("http://") || input.starts_with("https://")
}

async fn fetch(fetcher: &Fetcher, name: &str, kind: FetchKind) -> Result<Input, InputError> {
    let url = Url::parse(name).map_err(|error| InputError::new("bad_url", error.to_string()))?;
    let fetched = fetcher
        .get(FetchRequest::new(url, kind))
        .await
        .map_err(|error| InputError::new(error.reason(), error.to_string()))?;
    Ok(Input { bytes: fetched.body.to_vec(), content_type: fetched.content_type, url: Some(fetched.final_url) })
}

/// The most read from a file or stdin, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

fn file(name: &str, url: Option<Url>) -> Result<Input, InputError> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            InputError::new("not_found", format!("there is no file {name}: check the path"))
        }
        std::io::ErrorKind::PermissionDenied => {
            InputError::new("unreadable", format!("{name} may not be read: check its permissions"))
        }
        _ => InputError::new("unreadable", format!("{name} cannot be read: {error}")),
    };
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    } else {
        let path = std::path::Path::new(name);
        if path.is_dir() {
            return Err(InputError::new(
                "directory",
                format!("{name} is a directory: name the files in it, as in {name}/*"),
            ));
        }
        let open = std::fs::File::open(path).map_err(io)?;
        open.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    }
    if bytes.is_empty() {
        return Err(InputError::new("empty", format!("{name} is empty: nothing was saved in it")));
    }
    Ok(Input { bytes, content_type: None, url })
}
