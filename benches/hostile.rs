//! What pages cost that were made to hurt: processor time and memory over the page itself, each shape in a process of
//! its own.
//!
//! `cargo bench --bench hostile`

use std::process::Command;

use wireroom::article::{Hint, Rules, clean};

#[path = "../tests/main/hostile_pages/shapes.rs"]
mod shapes;

/// The shape that a child process reads.
const SHAPE: &str = "--shape=";

fn main() {
    let asked = std::env::args().find_map(|argument| argument.strip_prefix(SHAPE).map(str::to_owned));
    if let Some(name) = asked {
        return measure(&name);
    }
    println!("| shape | bytes | CPU s | KiB | outcome |\n|---|---|---|---|---|");
    let this = std::env::current_exe().expect("this program");
    for shape in shapes::all() {
        let output = Command::new(&this).arg(format!("{SHAPE}{}", shape.name)).output().expect("a child");
        let told = String::from_utf8_lossy(&output.stdout);
        if output.status.success() {
            print!("{told}");
        } else {
            println!("| {} | | | | {} |", shape.name, output.status);
        }
    }
}

fn measure(name: &str) {
    let rules = Rules::builtin();
    let story = "<p>The council met on Tuesday evening in the old library and talked for hours about the bridge.</p>";
    clean(story, None, &Hint::default(), &rules).expect("an article");
    let shape = shapes::all().into_iter().find(|shape| shape.name == name).expect("a shape");
    let page = shape.page();
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak set back");
    let (memory, time) = (peak_kib(), cpu_seconds());
    let outcome = clean(&page, None, &Hint::default(), &rules);
    let (memory, time) = (peak_kib().saturating_sub(memory), cpu_seconds() - time);
    let outcome = outcome.map_or_else(|error| error.kind(), |_| "article");
    println!("| {name} | {} | {time:.3} | {memory} | {outcome} |", page.len());
}

fn peak_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Time this thread has run.
fn cpu_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("this thread");
    let nanoseconds: f64 = told.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
    nanoseconds / 1e9
}
