fn main() {
    use std::io::{BufRead, Write};
    let out = std::io::stdout();
    let mut out = std::io::BufWriter::new(out.lock());
    for l in std::io::stdin().lock().lines() {
        let l = l.unwrap();
        let v: Vec<i128> = l.split_whitespace().map(|x| x.parse().unwrap()).collect();
        match option_math::greeks(
            v[0] as u128,
            v[1] as u128,
            v[2] as u64,
            v[3] as u64,
            v[4] as i64,
        ) {
            Ok(g) => writeln!(
                out,
                "{} {} {} {} {}",
                g.price, g.delta, g.spot_gamma, g.vega, g.theta
            )
            .unwrap(),
            Err(e) => writeln!(out, "{e}").unwrap(),
        }
    }
}
