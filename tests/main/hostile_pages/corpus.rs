//! What the fuzzers of pages left behind.

use std::path::Path;

use wireroom::{article, page};

#[path = "../../../fuzz/page_laws.rs"]
mod page_laws;

/// Every input that the fuzz targets found worth keeping, through the laws that the targets check.
#[test]
fn the_fuzzers_corpus_keeps_the_laws() {
    for (target, law) in [("page_clean", page_laws::clean as fn(&[u8])), ("page_strip", page_laws::strip)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files = 0;
        for file in std::fs::read_dir(&folder).expect("the corpus") {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            law(&std::fs::read(&path).expect("readable"));
            files += 1;
        }
        assert!(files > 10, "{files} inputs of {target}");
    }
}

/// The targets take the modules below a root of their own, where a path from the crate's root leads elsewhere.
#[test]
fn what_the_targets_take_names_no_path_from_the_root_for_its_visibility() {
    let mut folders =
        ["src/article", "src/page", "src/feed"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).to_vec();
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).expect("readable");
            assert!(!text.contains("pub(in crate::"), "{}: write pub(in super::super) instead", path.display());
        }
    }
    assert!(files > 30, "{files} files");
}
