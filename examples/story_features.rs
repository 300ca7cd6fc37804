//! What the model of the story sees of every page whose story is known: the first half of its training.
//!
//! `cargo run --release --example story_features` reads `../shared/data/pages` beside the checkout and writes a line per
//! page to `target/story/<set>.jsonl`; `examples/train_story.py` reads those.

use std::fs;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use url::Url;
use wireroom::article::{Hint, Rules, clean, study};

const SETS: [&str; 4] = ["news-2019", "newspapers", "web-articles", "segments"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pages");
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/story");
    if !root.is_dir() {
        println!("no pages at {}: nothing to learn from", root.display());
        return Ok(());
    }
    fs::create_dir_all(&out)?;
    let rules = Rules::builtin();
    for set in SETS {
        let truth = fs::read_to_string(root.join(set).join("truth.jsonl"))?;
        let mut file = BufWriter::new(fs::File::create(out.join(format!("{set}.jsonl")))?);
        for line in truth.lines() {
            let page: Value = serde_json::from_str(line)?;
            let name = page["file"].as_str().unwrap_or_default();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(fs::File::open(root.join(set).join(name))?).read_to_end(&mut bytes)?;
            let html = String::from_utf8_lossy(&bytes);
            let url = page["url"].as_str().and_then(|url| Url::parse(url).ok());
            let blocks = study(&html, url.as_ref(), &Hint::default(), &rules).unwrap_or_default();
            // Where the story was no markup there is nothing to judge, but the text still counts in the figures.
            let text = clean(&html, url.as_ref(), &Hint::default(), &rules).map(|article| article.text);
            writeln!(file, "{}", json!({ "file": name, "blocks": blocks, "clean": text.unwrap_or_default() }))?;
        }
        println!("{set}: done");
    }
    Ok(())
}
