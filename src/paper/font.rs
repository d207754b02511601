//! The two fonts papers are set in: Han from one, Latin letters and signs from the other.

use std::sync::LazyLock;

use super::PaperFault;
use super::sfnt::Sfnt;

/// All Han of GB 18030-2000 (20,902 and Extension A); no Latin.
static HAN: &[u8] = include_bytes!("../../assets/fonts/DroidSansFallbackFull.ttf");
/// Letters, digits, punctuation and signs the first font lacks.
static SIGNS: &[u8] = include_bytes!("../../assets/fonts/WenQuanYiMicroHei-Symbols.ttf");

/// Stands for a character that neither font has; its code follows in brackets.
const GETA: char = '〓';

/// A font as it is read and embedded.
pub struct Font {
    pub name: &'static str,
    pub data: &'static [u8],
    pub face: Sfnt,
}

/// One character, found in a font.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Which of the [`Fonts`].
    pub font: usize,
    pub id: u16,
    pub char: char,
    /// Advance in units of the type size.
    pub advance: f32,
}

/// The fonts of the program.
pub struct Fonts {
    list: [Font; 2],
}

static FONTS: LazyLock<Result<Fonts, String>> = LazyLock::new(|| {
    let font = |name, data: &'static [u8]| {
        let face = Sfnt::read(data).ok_or_else(|| format!("font {name} cannot be read"))?;
        Ok::<_, String>(Font { name, data, face })
    };
    Ok(Fonts {
        list: [
            font("DroidSansFallback", HAN)?,
            font("WenQuanYiMicroHei", SIGNS)?,
        ],
    })
});

impl Fonts {
    /// # Errors
    /// When the fonts built into the program cannot be read.
    pub fn get() -> Result<&'static Self, PaperFault> {
        FONTS.as_ref().map_err(PaperFault::of)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Font> {
        self.list.iter()
    }

    fn find(&self, c: char) -> Option<Glyph> {
        self.list.iter().enumerate().find_map(|(font, f)| {
            let id = f.face.glyph(c)?;
            Some(Glyph {
                font,
                id,
                char: c,
                advance: f.face.advance(id)?,
            })
        })
    }

    /// The glyphs of a text. A character that no font has is shown as `〓(U+2C1D5)`: nothing
    /// disappears from a paper unseen.
    pub fn shape(&self, text: &str) -> Vec<Glyph> {
        let mut out = Vec::with_capacity(text.len());
        for c in text.chars() {
            let c = if c == '\t' { ' ' } else { c };
            if c.is_control() {
                continue;
            }
            match self.find(c) {
                Some(glyph) => out.push(glyph),
                None => {
                    let told = format!("{GETA}(U+{:04X})", u32::from(c));
                    out.extend(told.chars().filter_map(|c| self.find(c)));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_gb_18030_are_there() {
        let fonts = Fonts::get().unwrap();
        let missing = |range: std::ops::RangeInclusive<char>| {
            range.filter(|c| fonts.find(*c).is_none()).count()
        };
        assert_eq!(missing('\u{4E00}'..='\u{9FA5}'), 0);
        assert_eq!(missing('\u{3400}'..='\u{4DB5}'), 0);
        assert_eq!(missing(' '..='~'), 0);
        for c in "（）《》、。，：；？！“”‘’—…·〔〕【】￥①②③□■√×→℃㎡".chars()
        {
            assert!(fonts.find(c).is_some(), "{c}");
        }
    }

    #[test]
    fn what_no_font_has_is_told() {
        let fonts = Fonts::get().unwrap();
        let shown: String = fonts.shape("王\u{2C1D5}").iter().map(|g| g.char).collect();
        assert_eq!(shown, "王〓(U+2C1D5)");
    }
}
