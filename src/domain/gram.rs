//! Search tokens that find Chinese words inside running text, the same on both databases.
//!
//! A run of Chinese characters is indexed as its overlapping pairs (土地纠纷 → 土地, 地纠, 纠纷), so
//! any word of two characters or more is found wherever it stands; letters and digits are indexed
//! as whole words. Pairs that all occur need not stand together: [`matches`] has the last word.
//!
//! Tokens are spelt in `[0-9a-z]` only, so they need no quoting inside an SQLite FTS5 `MATCH` or a
//! PostgreSQL `tsquery`, and no tokenizer or dictionary of either engine changes them. Different
//! tokens are spelt differently.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::fold::is_invisible;

/// Longer words are cut to this in index and query alike: PostgreSQL refuses lexemes of 2 KiB.
const MAX_WORD_CHARS: usize = 64;

/// Text as it is compared: NFKC, without case, without characters that show nothing.
pub fn normalise(text: &str) -> String {
    text.nfkc()
        .filter(|c| !is_invisible(*c) && !is_variation_selector(*c))
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// The distinct tokens of a text, in order of first appearance.
pub fn index_tokens(text: &str) -> Vec<String> {
    let mut tokens = Distinct::default();
    for run in runs(&normalise(text)) {
        match run {
            Run::Cjk(chars) => tokens.add_pairs(&chars),
            Run::Word(chars) => tokens.add(word_token(&chars)),
        }
    }
    tokens.list
}

/// The tokens that every text holding `q` has; a text must have them all.
///
/// A single Chinese character stands inside a pair wherever it has neighbours, so it is left out
/// unless the query is nothing else; then it finds only texts where it stands alone. Empty when
/// `q` has no letter, digit or Chinese character: such a query cannot be searched for.
pub fn query_tokens(q: &str) -> Vec<String> {
    let mut tokens = Distinct::default();
    let mut singles = Distinct::default();
    for run in runs(&normalise(q)) {
        match run {
            Run::Cjk(chars) if chars.len() == 1 => singles.add_pairs(&chars),
            Run::Cjk(chars) => tokens.add_pairs(&chars),
            Run::Word(chars) => tokens.add(word_token(&chars)),
        }
    }
    if tokens.list.is_empty() {
        singles.list
    } else {
        tokens.list
    }
}

/// True when every blank-separated term of `q` stands in `text` as written, width and case aside.
pub fn matches(text: &str, q: &str) -> bool {
    let text = normalise(text);
    normalise(q)
        .split_whitespace()
        .all(|term| text.contains(term))
}

enum Run {
    Cjk(Vec<char>),
    Word(Vec<char>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Cjk,
    Word,
    Gap,
}

fn class(c: char) -> Class {
    if is_cjk(c) {
        Class::Cjk
    } else if c.is_alphanumeric() || is_combining_mark(c) {
        Class::Word
    } else {
        Class::Gap
    }
}

/// Scripts written without blanks: Han, kana, and Hangul for good measure.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn runs(normalised: &str) -> Vec<Run> {
    let mut out = Vec::new();
    let mut open: Vec<char> = Vec::new();
    let mut kind = Class::Gap;
    for c in normalised.chars() {
        let next = class(c);
        if next != kind {
            close(&mut out, kind, &mut open);
            kind = next;
        }
        if next != Class::Gap {
            open.push(c);
        }
    }
    close(&mut out, kind, &mut open);
    out
}

fn close(out: &mut Vec<Run>, kind: Class, open: &mut Vec<char>) {
    let chars = std::mem::take(open);
    match kind {
        Class::Cjk => out.push(Run::Cjk(chars)),
        Class::Word => out.push(Run::Word(chars)),
        Class::Gap => {}
    }
}

#[derive(Default)]
struct Distinct {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Distinct {
    fn add(&mut self, token: String) {
        if self.seen.insert(token.clone()) {
            self.list.push(token);
        }
    }

    fn add_pairs(&mut self, run: &[char]) {
        if let [single] = run {
            self.add(hex_token('c', &[*single]));
        }
        for pair in run.windows(2) {
            self.add(hex_token('c', pair));
        }
    }
}

/// ASCII words keep their spelling behind a `w`, so they stay legible and clear of key words.
fn word_token(word: &[char]) -> String {
    let word = word.get(..MAX_WORD_CHARS).unwrap_or(word);
    if word.iter().all(char::is_ascii_alphanumeric) {
        std::iter::once('w').chain(word.iter().copied()).collect()
    } else {
        hex_token('x', word)
    }
}

/// `prefix` and the code points in hex, parted by `g`, which is no hex digit.
fn hex_token(prefix: char, chars: &[char]) -> String {
    let points: Vec<String> = chars
        .iter()
        .map(|c| format!("{:x}", u32::from(*c)))
        .collect();
    format!("{prefix}{}", points.join("g"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the database does with the tokens, then what the caller does with the text.
    fn found(text: &str, q: &str) -> bool {
        let index = index_tokens(text);
        let query = query_tokens(q);
        !query.is_empty() && query.iter().all(|t| index.contains(t)) && matches(text, q)
    }

    #[test]
    fn tokens_are_spelt_as_promised() {
        assert_eq!(
            index_tokens("土地纠纷 A4纸，Ａ4"),
            ["c571fg5730", "c5730g7ea0", "c7ea0g7eb7", "wa4", "c7eb8"]
        );
        assert_eq!(index_tokens("Élan"), ["xe9g6cg61g6e"]);
        assert_eq!(index_tokens("  ！？—"), Vec::<String>::new());
    }

    #[test]
    fn a_two_character_word_is_found_inside() {
        let text = "叶长根与邻居因宅基地滴水檐发生纠纷，涉及3号楼，金额１２８０００元。";
        for q in [
            "纠纷",
            "邻居",
            "宅基地",
            "滴水檐",
            "长根",
            "128000",
            "3号楼",
            "３号",
            "叶长根 纠纷",
        ] {
            assert!(found(text, q), "{q}");
        }
        for q in [
            "纠缠",
            "地基",
            "12800",
            "叶长根 离婚",
            "宅基地纠纷",
            "！",
            "",
        ] {
            assert!(!found(text, q), "{q}");
        }
    }

    #[test]
    fn scattered_pairs_do_not_match() {
        let text = "土地、地纠";
        let index = index_tokens(text);
        assert!(query_tokens("土地纠").iter().all(|t| index.contains(t)));
        assert!(!matches(text, "土地纠"));
    }

    #[test]
    fn case_numbers_and_letters_are_found() {
        let text = "（2026）云岭人调字第15号 Contract KTV-8";
        for q in [
            "(2026)云岭人调字第15号",
            "人调字第15号",
            "CONTRACT",
            "ktv-8",
            "ＫＴＶ",
        ] {
            assert!(found(text, q), "{q}");
        }
    }

    #[test]
    fn a_single_character_query_finds_single_characters() {
        assert_eq!(query_tokens("叶"), ["c53f6"]);
        assert!(found("A4 叶 x", "叶"));
        assert!(!found("叶长根", "叶"));
    }

    #[test]
    fn unseen_characters_do_not_part_words() {
        assert!(found("葛\u{E0100}城\u{200B}村", "葛城"));
        assert!(found("葛城村", "城\u{FE00}村"));
    }

    #[test]
    fn endless_words_stay_short_and_findable() {
        let word = "a".repeat(10_000);
        assert!(found(&format!("x {word} y"), &word));
        let wide = "é".repeat(10_000);
        assert!(found(&wide, &wide));
        for token in index_tokens(&wide).iter().chain(&index_tokens(&word)) {
            assert!(token.len() < 500);
        }
    }

    /// Reads a token back; possible only because spelling is injective.
    fn decode(token: &str) -> (char, String) {
        let kind = token.chars().next().unwrap();
        let rest = &token[1..];
        let text = match kind {
            'w' => rest.to_owned(),
            _ => rest
                .split('g')
                .map(|hex| char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap())
                .collect(),
        };
        (kind, text)
    }

    proptest! {
        #[test]
        fn tokens_are_safe_and_distinct(text in "\\PC{0,80}") {
            let tokens = index_tokens(&text);
            for t in &tokens {
                prop_assert!(t.len() > 1 && t.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
                prop_assert!(t.starts_with(['c', 'w', 'x']));
            }
            let distinct: HashSet<_> = tokens.iter().collect();
            prop_assert_eq!(distinct.len(), tokens.len());
            prop_assert_eq!(index_tokens(&text), tokens);
        }

        #[test]
        fn tokens_read_back_to_their_text(text in "[a-zé0-9土地纠纷𬭎 ]{0,40}") {
            let normal = normalise(&text);
            for t in index_tokens(&text) {
                let (kind, plain) = decode(&t);
                prop_assert!(normal.contains(&plain));
                let again = index_tokens(&plain);
                prop_assert_eq!(again, vec![t]);
                prop_assert_eq!(kind == 'w', plain.is_ascii());
            }
        }

        #[test]
        fn every_chinese_part_is_found(
            before in "[\\PC]{0,20}",
            part in "[土地纠纷离婚邻里𬭎々]{2,6}",
            after in "[\\PC]{0,20}",
        ) {
            let text = format!("{before}{part}{after}");
            prop_assert!(found(&text, &part), "{} in {}", part, text);
        }

        #[test]
        fn every_text_finds_itself(text in "[a-zA-Z0-9土地纠纷 ，。（）]{1,40}") {
            if !query_tokens(&text).is_empty() {
                prop_assert!(found(&text, &text));
            }
        }

        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
