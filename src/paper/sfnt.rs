//! As much of a TrueType file as setting text takes: which glyph a character has and how wide it
//! is. The files are the program's own; still nothing here can read past their ends.

/// The tables that are read.
pub struct Sfnt {
    pub units_per_em: f32,
    /// x min, y min, x max, y max in font units.
    pub bbox: [f32; 4],
    pub ascender: f32,
    pub descender: f32,
    /// Code points from–to and the glyph of the first, in order.
    groups: Vec<(u32, u32, u32)>,
    /// Advances; the last one goes for all glyphs after it.
    advances: Vec<u16>,
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    bytes.try_into().ok().map(u16::from_be_bytes)
}

fn i16_at(data: &[u8], at: usize) -> Option<f32> {
    u16_at(data, at).map(|n| f32::from(n.cast_signed()))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

fn usize_at(data: &[u8], at: usize) -> Option<usize> {
    u32_at(data, at).and_then(|n| usize::try_from(n).ok())
}

fn table<'a>(data: &'a [u8], tag: &[u8; 4]) -> Option<&'a [u8]> {
    let count = usize::from(u16_at(data, 4)?);
    let record = data
        .get(12..)?
        .chunks_exact(16)
        .take(count)
        .find(|r| r.starts_with(tag))?;
    let from = usize_at(record, 8)?;
    data.get(from..from.checked_add(usize_at(record, 12)?)?)
}

/// The groups of the format 12 subtable, which covers everything the others do.
fn groups(cmap: &[u8]) -> Option<Vec<(u32, u32, u32)>> {
    let count = usize::from(u16_at(cmap, 2)?);
    let offsets = cmap.get(4..)?.chunks_exact(8).take(count);
    let subtable = offsets
        .filter_map(|r| cmap.get(usize_at(r, 4)?..))
        .find(|t| u16_at(t, 0) == Some(12))?;
    let count = usize_at(subtable, 12)?;
    let read = |g: &[u8]| Some((u32_at(g, 0)?, u32_at(g, 4)?, u32_at(g, 8)?));
    let list = subtable.get(16..)?.chunks_exact(12).take(count);
    list.map(read).collect()
}

impl Sfnt {
    /// Reads a file; `None` if it is no TrueType font with a format 12 character map.
    pub fn read(data: &[u8]) -> Option<Self> {
        let (head, hhea) = (table(data, b"head")?, table(data, b"hhea")?);
        let measured = usize::from(u16_at(hhea, 34)?);
        let advances = table(data, b"hmtx")?
            .chunks_exact(4)
            .take(measured)
            .map(|m| u16_at(m, 0))
            .collect::<Option<Vec<u16>>>()?;
        Some(Self {
            units_per_em: f32::from(u16_at(head, 18)?.max(1)),
            bbox: [
                i16_at(head, 36)?,
                i16_at(head, 38)?,
                i16_at(head, 40)?,
                i16_at(head, 42)?,
            ],
            ascender: i16_at(hhea, 4)?,
            descender: i16_at(hhea, 6)?,
            groups: groups(table(data, b"cmap")?)?,
            advances,
        })
    }

    /// The glyph of a character.
    pub fn glyph(&self, c: char) -> Option<u16> {
        let code = u32::from(c);
        let after = self.groups.partition_point(|(from, ..)| *from <= code);
        let (from, to, first) = *self.groups.get(after.checked_sub(1)?)?;
        let id = first.checked_add(code.checked_sub(from)?)?;
        (code <= to && id != 0).then(|| u16::try_from(id).ok())?
    }

    /// The advance of a glyph in units of the type size.
    pub fn advance(&self, glyph: u16) -> Option<f32> {
        let own = self.advances.get(usize::from(glyph));
        let advance = own.or(self.advances.last())?;
        Some(f32::from(*advance) / self.units_per_em)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused() {
        assert!(Sfnt::read(b"").is_none());
        assert!(Sfnt::read(b"\x00\x01\x00\x00\xFF\xFF0000000000000000").is_none());
        let font = include_bytes!("../../assets/fonts/WenQuanYiMicroHei-Symbols.ttf");
        for end in (0..2_000).step_by(97) {
            assert!(Sfnt::read(&font[..end]).is_none());
        }
        let read = Sfnt::read(font).unwrap();
        assert!(read.glyph('A').is_some() && read.glyph('人').is_none());
    }
}
