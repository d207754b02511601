//! Narratives that are nearly the same: a print of a text whose places agree as often as the texts
//! have their three-character pieces in common (MinHash over Jaccard).

/// Numbers in a print.
pub const PLACES: usize = 64;
/// Bands of the print by which candidates are found, and places in each.
const BANDS: usize = 16;
const ROWS: usize = PLACES / BANDS;
/// A shorter text says too little to be compared.
const MIN_PIECES: usize = 16;

/// A print: one number for each place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print(pub Vec<u32>);

/// FNV-1a, the same for ever and everywhere.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A good spread of the bits (the finaliser of SplitMix64).
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// What a copyist changes is left out: the names of the people, digits, signs and spaces.
fn bare(text: &str, names: &[&str]) -> Vec<char> {
    let mut text = text.to_owned();
    for name in names.iter().filter(|n| n.chars().count() >= 2) {
        text = text.replace(name, "");
    }
    text.chars()
        .filter(|c| c.is_alphabetic() && !"〇零一二三四五六七八九十百千万两".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

impl Print {
    /// The print of a narrative; `None` for one too short.
    pub fn of(text: &str, names: &[&str]) -> Option<Self> {
        let chars = bare(text, names);
        let mut pieces: Vec<u64> = chars
            .windows(3)
            .map(|w| fnv(&w.iter().collect::<String>()))
            .collect();
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.len() < MIN_PIECES {
            return None;
        }
        let places = (0..PLACES as u64).map(|seed| {
            let salt = mixed(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
            let least = pieces.iter().map(|p| mixed(p ^ salt)).min().unwrap_or(0);
            (least >> 32) as u32
        });
        Some(Self(places.collect()))
    }

    /// How much of two texts is the same, in percent.
    pub fn likeness(&self, other: &Self) -> u32 {
        let same = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        u32::try_from(same * 100 / PLACES).unwrap_or(0)
    }

    /// Keys of which nearly equal texts share at least one.
    pub fn bands(&self) -> Vec<String> {
        self.0
            .chunks(ROWS)
            .enumerate()
            .map(|(n, rows)| {
                let joined = rows
                    .iter()
                    .fold(n as u64, |h, r| mixed(h ^ u64::from(*r)).rotate_left(9));
                format!("band:{n}:{joined:016x}")
            })
            .collect()
    }

    /// As hexadecimal text, to be stored.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|n| format!("{n:08x}")).collect()
    }

    pub fn parse(text: &str) -> Option<Self> {
        let places: Option<Vec<u32>> = (0..PLACES)
            .map(|i| u32::from_str_radix(text.get(i * 8..i * 8 + 8)?, 16).ok())
            .collect();
        places.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "林德水反映，2026年3月2日因邻居陈月娥新修围墙占用公共通道约0.8米，致其三轮车无法通行，双方多次争吵，\
        请求拆除超出部分并恢复通道原状，另赔偿误工费1200元。";

    #[test]
    fn a_copy_with_other_names_and_numbers_is_the_same() {
        let copy = STORY
            .replace("林德水", "黄土根")
            .replace("陈月娥", "郑国兴")
            .replace("1200", "800")
            .replace("3月2日", "5月17日");
        let a = Print::of(STORY, &["林德水", "陈月娥"]).unwrap();
        let b = Print::of(&copy, &["黄土根", "郑国兴"]).unwrap();
        assert!(a.likeness(&b) >= 90, "{}", a.likeness(&b));
        assert!(a.bands().iter().any(|k| b.bands().contains(k)));
        assert_eq!(Print::parse(&a.to_text()), Some(a));
    }

    #[test]
    fn another_story_is_another() {
        let other = "甲方承包果园五年，因连日暴雨排水沟堵塞致果树被淹，要求村民小组疏通沟渠并补偿损失，经现场查看后双方各让一步。";
        let a = Print::of(STORY, &[]).unwrap();
        let b = Print::of(other, &[]).unwrap();
        assert!(a.likeness(&b) < 20, "{}", a.likeness(&b));
        assert_eq!(Print::of("双方发生纠纷。", &[]), None, "too short to tell");
    }
}
