//! Processor time of a cancel as bars: one group for each gateway.

use std::fmt::Write;

use super::rounds::Row;

const BAR: usize = 18;
const GAP: usize = 4;
const LEFT: f64 = 230.0;
const WIDTH: f64 = 460.0;

/// The rows as an SVG picture.
pub(super) fn svg(rows: &[Row]) -> String {
    let most = rows.iter().map(|row| row.cpu_us).fold(1.0, f64::max);
    let mut bars = String::new();
    let mut y = 36;
    let mut gateway = "";
    for row in rows {
        if row.gateway != gateway {
            gateway = &row.gateway;
            y += 14;
        }
        let length = row.cpu_us / most * WIDTH;
        let colour = if row.client.starts_with("ours") { "#0b6e4f" } else { "#9aa5b1" };
        let text = y + BAR - 5;
        let _infallible = writeln!(
            bars,
            r#"<text x="{:.0}" y="{text}" text-anchor="end">{gateway} · {}</text><rect x="{LEFT:.0}" y="{y}" width="{length:.1}" height="{BAR}" fill="{colour}"/><text x="{:.1}" y="{text}">{:.1}</text>"#,
            LEFT - 8.0,
            row.client,
            LEFT + length + 6.0,
            row.cpu_us,
        );
        y += BAR + GAP;
    }
    let (width, height) = (LEFT + WIDTH + 60.0, y + 12);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#1f2933\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"14\">Processor time of one cancel, µs (16 at once)</text>\n{bars}</svg>\n"
    )
}
