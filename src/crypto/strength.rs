//! Whether a new password may be taken: length and guessability, no rules of composition.

use zxcvbn::{Score, zxcvbn};

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 15;
/// Most characters of a password.
pub const MAX_CHARS: usize = 128;

/// Words that stand near every account of this product.
const LOCAL_WORDS: &[&str] = &[
    "jieyou",
    "解忧",
    "jieyoudian",
    "解忧小店",
    "tiaojie",
    "调解",
    "renmintiaojie",
    "人民调解",
    "jiufen",
    "纠纷",
    "maodun",
    "矛盾",
    "zongzhi",
    "综治",
    "sifasuo",
    "司法所",
    "zonghezhili",
    "mediation",
    "mediator",
    "township",
    "county",
    "zhongguo",
    "woaini",
    "woaizhongguo",
    "mima",
    "密码",
    "admin",
    "password",
];

/// Fewest characters a password must keep when each known word in it counts as one. Guessers chain
/// such words first, and zxcvbn rates any chain of four as strong.
const MIN_EFFECTIVE_CHARS: usize = 8;

/// Most context words looked at, and the longest prefix of each: zxcvbn must stay fast.
const MAX_WORDS: usize = 64;
const MAX_WORD_CHARS: usize = 64;

/// Why a password is not taken. Each has a stable code; the texts live with the other messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Below [`MIN_CHARS`].
    TooShort,
    /// Above [`MAX_CHARS`].
    TooLong,
    /// Common words, sequences, repeats or dates make it easy to guess.
    Guessable,
    /// It would do, were it not built from the user's, the county's or the product's own words.
    KnownWords,
}

impl Weakness {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Guessable => "password_guessable",
            Self::KnownWords => "password_known_words",
        }
    }
}

/// Checks a new password. `context_words` are the user name, display name, county, township, desk
/// and the like. Takes milliseconds, on hostile input some hundreds: from async code call
/// [`Hasher::check_strength`](super::password::Hasher::check_strength), which bounds it.
///
/// # Errors
/// Every [`Weakness`] found.
pub fn check_strength(password: &str, context_words: &[&str]) -> Result<(), Vec<Weakness>> {
    let chars = password.chars().take(MAX_CHARS.saturating_add(1)).count();
    if chars > MAX_CHARS {
        return Err(vec![Weakness::TooLong]);
    }
    let mut found = Vec::new();
    if chars < MIN_CHARS {
        found.push(Weakness::TooShort);
    }
    let words = words(context_words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if effective_chars(password, &words) < MIN_EFFECTIVE_CHARS
        || zxcvbn(password, &words).score() < Score::Three
    {
        let weak_by_itself = zxcvbn(password, &[]).score() < Score::Three;
        found.push(if weak_by_itself {
            Weakness::Guessable
        } else {
            Weakness::KnownWords
        });
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The length when every known word, the longest first, is worth one character however often it
/// stands there.
fn effective_chars(password: &str, words: &[&str]) -> usize {
    let mut words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut rest = password.to_lowercase();
    let mut distinct = 0_usize;
    for word in words.iter().filter(|word| !word.is_empty()) {
        if rest.contains(word.as_str()) {
            distinct = distinct.saturating_add(1);
            rest = rest.replace(word.as_str(), GAP);
        }
    }
    let others = rest.chars().filter(|c| *c != '\u{fffe}').count();
    distinct.saturating_add(others)
}

/// Stands where a word was, so that its neighbours do not join into another one. No character.
const GAP: &str = "\u{fffe}";

/// The words whole and in their pieces, each once: "zhang.san" also stands for "zhang" and "san".
fn words(context: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        let word: String = word.chars().take(MAX_WORD_CHARS).collect();
        let long_enough = word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
        if long_enough && out.len() < MAX_WORDS && !out.contains(&word) {
            out.push(word);
        }
    };
    for word in context {
        add(word);
        for piece in word.split(|c: char| !c.is_alphanumeric()) {
            add(piece);
        }
    }
    for word in LOCAL_WORDS {
        add(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: &[&str] = &["zhang.san", "张三丰", "云岭县", "yunling", "青石镇解忧小店"];

    #[test]
    fn takes_long_unguessable_passwords_of_any_composition() {
        for password in [
            "lantern pebble orbit sugar",
            "  spaces count too, both ends  ",
            "竹林深处有一只喜欢下雨的猫在看书",
            "qpwkzmxntbvyrlsd",
            "8305917264038195",
            &"correct horse battery staple ".repeat(4)[..MAX_CHARS.min(116)],
        ] {
            assert_eq!(check_strength(password, CONTEXT), Ok(()), "{password}");
        }
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        let fourteen = "竹林深处有一只喜欢下雨的猫看";
        assert_eq!(fourteen.chars().count(), 14);
        assert_eq!(
            check_strength(fourteen, CONTEXT),
            Err(vec![Weakness::TooShort])
        );
        assert_eq!(check_strength(&format!("{fourteen}书"), CONTEXT), Ok(()));
        let long: String = "竹林深处有一只喜欢下雨的猫在看书".repeat(8);
        assert_eq!(long.chars().count(), 128);
        assert!(
            !matches!(check_strength(&long, CONTEXT), Err(w) if w.contains(&Weakness::TooLong))
        );
        assert_eq!(
            check_strength(&format!("{long}x"), CONTEXT),
            Err(vec![Weakness::TooLong])
        );
        assert_eq!(
            check_strength(&"x".repeat(10_000_000), CONTEXT),
            Err(vec![Weakness::TooLong])
        );
    }

    #[test]
    fn refuses_what_guessers_try_first() {
        for password in [
            "aaaaaaaaaaaaaaaaaaaa",
            "passwordpassword",
            "123456789012345678",
            "qwertyuiopasdfgh",
            "Password123456789",
            "2024-01-012024-01-01",
            "abcdefghijklmnopqrst",
        ] {
            let got = check_strength(password, CONTEXT);
            assert_eq!(got, Err(vec![Weakness::Guessable]), "{password}");
        }
        assert_eq!(
            check_strength("", CONTEXT),
            Err(vec![Weakness::TooShort, Weakness::Guessable])
        );
    }

    #[test]
    fn refuses_the_words_around_the_account() {
        for password in [
            "云岭县青石镇解忧小店张三丰云岭县",
            "zhang.san-yunling-jieyou",
            "ZhangYunlingJieyou2024",
            "解忧解忧解忧解忧解忧解忧解忧解忧",
            "woaini1314520woaini1314520",
            "AdminCountyTownshipMediation",
            "passwordzhangpasswordzhangpasswordzhangpasswordzhang",
        ] {
            let got = check_strength(password, CONTEXT);
            assert!(got.is_err(), "{password}: {got:?}");
        }
        assert_eq!(
            check_strength("zhangyunlingtiaojiejiufen", &["zhang", "yunling"]),
            Err(vec![Weakness::KnownWords])
        );
    }

    #[test]
    fn known_words_may_stand_in_a_password_with_enough_else() {
        for password in [
            "张三丰喜欢在竹林深处听雨看书喝茶",
            "yunling lantern pebble orbit",
        ] {
            assert_eq!(check_strength(password, CONTEXT), Ok(()), "{password}");
        }
    }

    #[test]
    fn odd_context_is_harmless() {
        let long = "长".repeat(10_000);
        let many: Vec<&str> = std::iter::repeat_n(long.as_str(), 1_000).collect();
        for context in [&[""][..], &["a", "张", " ", "\0"], &many] {
            assert_eq!(
                check_strength("lantern pebble orbit sugar", context),
                Ok(())
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(password in "\\PC{0,140}", word in "\\PC{0,20}") {
            let _ = check_strength(&password, &[&word]);
        }
    }
}
