//! What the documents name is there: files and directories by their paths, functions, types and tests by `module::name`. A document that still names what has been
//! renamed or taken away fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is built or downloaded, and no part of the repository.
const NOT_OURS: [&str; 3] = ["target", "node_modules", ".git"];
/// What follows a name's keyword in Rust.
const KEYWORDS: [&str; 9] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "const",
    "static",
    "type",
    "mod",
    "macro_rules!",
];
/// The document in which every name after [`FAILS`] is a test, and every invariant has one.
const INVARIANTS: &str = "docs/invariants.md";
const FAILS: &str = "*Fails:*";

/// The repository: each file by its path, and the text of Rust files.
struct Repository {
    root: PathBuf,
    files: BTreeSet<String>,
    rust: BTreeMap<String, String>,
}

impl Repository {
    fn load() -> Self {
        let mut repository = Self {
            root: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.."),
            files: BTreeSet::new(),
            rust: BTreeMap::new(),
        };
        repository.walk(String::new());
        repository
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).expect("a text")
    }

    fn walk(&mut self, directory: String) {
        for entry in std::fs::read_dir(self.root.join(&directory)).expect("a directory") {
            let entry = entry.expect("readable");
            let name = entry.file_name().to_string_lossy().into_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            let path = if directory.is_empty() {
                name
            } else {
                format!("{directory}/{name}")
            };
            if entry.file_type().expect("a type").is_dir() {
                self.walk(path);
            } else {
                if path.ends_with(".rs") {
                    let text = self.read(&path);
                    self.rust.insert(path.clone(), text);
                }
                self.files.insert(path);
            }
        }
    }

    /// The README and all documents.
    fn documents(&self) -> Vec<String> {
        let documents = self.files.iter().filter(|path| {
            path.ends_with(".md") && (path.starts_with("docs/") || path.ends_with("README.md"))
        });
        documents.cloned().collect()
    }

    /// Whether a path is that of a file, or of a directory with files.
    fn has(&self, path: &str) -> bool {
        let directory = format!("{}/", path.trim_end_matches('/'));
        self.files.contains(path) || self.files.iter().any(|file| file.starts_with(&directory))
    }

    /// Whether a span of a document names something that is not there. Paths are the repository's, or begin where the document is.
    fn lacks(&self, document: &str, span: &str) -> bool {
        if let Some(name) = Name::read(span) {
            return name.definitions(self).is_empty();
        }
        let word = span.split_whitespace().next().unwrap_or_default();
        let snake = |c: char| c.is_ascii_lowercase() || c == '_';
        if word.contains('_') && word.chars().all(snake) {
            // A function, a field, a key of what is printed, a variant that is printed as one.
            let word = word.trim_end_matches('_');
            let variant: String = word.split('_').map(capitalised).collect();
            let known = |text: &String| text.contains(word) || text.contains(&variant);
            return !self.rust.values().any(known);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        if !word.chars().all(plain) {
            return false;
        }
        match word.split_once('/') {
            // Only what begins as a path does is one.
            Some((top, _)) => {
                let near = |path: &str| beside(document, path);
                (self.has(top) || self.has(&near(top))) && !self.has(word) && !self.has(&near(word))
            }
            None => {
                let known = ["rs", "txt", "md", "mjs", "sol", "toml"];
                let extension = Path::new(word).extension().and_then(|it| it.to_str());
                let file = word.find('.').is_some_and(|at| at > 0)
                    && extension.is_some_and(|it| known.contains(&it));
                let behind = format!("/{word}");
                file && !self
                    .files
                    .iter()
                    .any(|path| path == word || path.ends_with(&behind))
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    first.to_uppercase() + rest
}

/// A path that begins where a document is.
fn beside(document: &str, path: &str) -> String {
    match document.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{path}"),
        None => path.into(),
    }
}

/// `module::name`, `module::be…` for what begins so.
struct Name<'a> {
    modules: Vec<&'a str>,
    name: &'a str,
    whole: bool,
}

impl<'a> Name<'a> {
    fn read(span: &'a str) -> Option<Self> {
        let (text, whole) = match span.strip_suffix('…') {
            Some(beginning) => (beginning, false),
            None => (span, true),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if !text.chars().all(plain) {
            return None;
        }
        let mut modules: Vec<&str> = text.split("::").collect();
        let name = modules.pop()?;
        (!modules.is_empty()).then_some(Self {
            modules,
            name,
            whole,
        })
    }

    /// Whether the modules are in a file's path, in this order: `vault_core::sale` is `crates/vault-core/src/sale.rs`.
    fn is_in(&self, path: &str) -> bool {
        let path = path.trim_end_matches(".rs").replace('-', "_");
        let mut parts = path.split('/');
        self.modules
            .iter()
            .all(|module| parts.any(|part| part == *module))
    }

    /// Places behind a keyword at which a text has the name.
    fn places(&self, text: &str) -> Vec<usize> {
        let mut places = Vec::new();
        for keyword in KEYWORDS {
            let wanted = format!("{keyword} {}", self.name);
            for (at, found) in text.match_indices(&wanted) {
                let next = text[at + found.len()..].chars().next();
                let ends = next.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
                if ends || !self.whole {
                    places.push(at);
                }
            }
        }
        places
    }

    /// Files and places where the name is defined; of a type's member, where the type is and the member stands.
    fn definitions<'r>(&self, repository: &'r Repository) -> Vec<(&'r str, usize)> {
        let mut all = Vec::new();
        if let Some((of, modules)) = self.modules.split_last()
            && of.starts_with(|c: char| c.is_ascii_uppercase())
        {
            let of = Name {
                modules: modules.to_vec(),
                name: of,
                whole: true,
            };
            let types = of.definitions(repository);
            return types
                .into_iter()
                .filter(|(text, _)| text.contains(self.name))
                .collect();
        }
        for (path, text) in &repository.rust {
            if self.is_in(path) {
                all.extend(self.places(text).into_iter().map(|at| (&text[..], at)));
            }
        }
        all
    }

    /// Whether it is one test, or the beginning of some.
    fn is_test(&self, repository: &Repository) -> bool {
        let is_test = |(text, at): &(&str, usize)| {
            let before: Vec<&str> = text[..*at].lines().rev().take(4).collect();
            before.iter().any(|line| line.trim() == "#[test]")
        };
        let all = self.definitions(repository);
        !all.is_empty() && all.iter().all(is_test)
    }
}

/// What stands between backticks outside of blocks of code, with the line it is on.
fn spans(text: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut block = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            block = !block;
        } else if !block {
            let odd = line.split('`').skip(1).step_by(2);
            spans.extend(odd.map(|span| (number + 1, span)));
        }
    }
    spans
}

#[test]
fn whatever_a_document_names_is_there() {
    let repository = Repository::load();
    let (mut missing, mut names) = (Vec::new(), 0);
    let documents = repository.documents();
    for document in &documents {
        let text = repository.read(document);
        for (line, span) in spans(&text) {
            names += usize::from(Name::read(span).is_some());
            if repository.lacks(document, span) {
                missing.push(format!("{document}:{line}: {span}"));
            }
        }
        // Commands, wherever they stand.
        for (at, _) in text.match_indices("scripts/") {
            let own = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
            let command: String = text[at..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || "/-.".contains(*c))
                .collect();
            let command = command.trim_end_matches(['/', '.']);
            if own && !repository.has(command) && !repository.has(&beside(document, command)) {
                missing.push(format!("{document}: {command}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(
        documents.len() > 8 && names > 40,
        "{names} names in {documents:?}"
    );
}

#[test]
fn every_invariant_names_tests_that_would_fail() {
    let repository = Repository::load();
    let text = repository.read(INVARIANTS);
    let mut invariants = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let Some((number, _)) = section.split_once(". ") else {
            continue;
        };
        let Some((_, fails)) = section.split_once(FAILS) else {
            panic!("invariant {number} names no test");
        };
        let tests: Vec<&str> = spans(fails).into_iter().map(|(_, span)| span).collect();
        assert!(!tests.is_empty(), "invariant {number} names no test");
        for span in tests {
            let name = Name::read(span);
            let is_test = name.is_some_and(|name| name.is_test(&repository));
            assert!(is_test, "invariant {number}: {span} is no test");
        }
        invariants.push(number.to_string());
    }
    let all: Vec<String> = (1..=16).map(|number| number.to_string()).collect();
    assert_eq!(invariants, all);
}
