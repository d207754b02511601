//! The macro behind every code table: a closed set of lower-case codes with zh-CN and en labels.

use serde::Serialize;

/// The two languages every text exists in. zh-CN is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Picks the text of this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A code of a closed list: stored and sent as its code, shown by its label.
pub trait Code: Copy + Sized + 'static {
    /// The list's name in `GET /code-lists`.
    const LIST: &'static str;
    const ALL: &'static [Self];
    fn code(self) -> &'static str;
    fn label(self, lang: Lang) -> &'static str;
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.code() == text)
    }
}

/// One entry of a published code list.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodeEntry {
    pub code: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

/// The entries of a code list, for publication.
pub fn entries<C: Code>() -> Vec<CodeEntry> {
    C::ALL
        .iter()
        .map(|c| CodeEntry {
            code: c.code(),
            zh: c.label(Lang::Zh),
            en: c.label(Lang::En),
        })
        .collect()
}

/// Declares a code list.
macro_rules! codes {
    ($($(#[$m:meta])* $name:ident in $list:literal { $($var:ident = $code:literal, $zh:literal, $en:literal;)+ })+) => {$(
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = concat!($en, " ", $zh)] $var),+ }

        impl $crate::domain::codes::Code for $name {
            const LIST: &'static str = $list;
            const ALL: &'static [Self] = &[$(Self::$var),+];
            fn code(self) -> &'static str {
                match self { $(Self::$var => $code),+ }
            }
            fn label(self, lang: $crate::domain::codes::Lang) -> &'static str {
                match self { $(Self::$var => lang.pick($zh, $en)),+ }
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str($crate::domain::codes::Code::code(*self))
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                <Self as $crate::domain::codes::Code>::parse(&text)
                    .ok_or_else(|| serde::de::Error::custom(concat!("unknown code of ", $list)))
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::domain::codes::Code::code(*self))
            }
        }
    )+};
}
pub(crate) use codes;
