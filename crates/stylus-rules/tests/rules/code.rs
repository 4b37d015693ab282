//! Contract code: round trips, prefixes, bounds, fragments.

use stylus_rules::code::{
    CLASSIC_PREFIX, Kind, ROOT_PREFIX, assemble, check_size, compress, decode, decompress, encode,
    init_code, is_program, is_stylus_prefix, parse, root, split,
};
use stylus_rules::{CodeError, Params};

use crate::support::Random;

fn noise(len: usize) -> Vec<u8> {
    let mut random = Random(len as u64 + 1);
    (0..len).map(|_| random.below(256) as u8).collect()
}

#[test]
fn round_trips() {
    let params = Params::default();
    for len in [0, 1, 100, 24_000] {
        let wasm = noise(len);
        let code = encode(&wasm).unwrap();
        assert!(code.starts_with(&[0xEF, 0xF0, 0x00, 0x00]));
        assert_eq!(decode(&code, &params).unwrap(), wasm);
    }
}

#[test]
fn no_bomb() {
    let params = Params::default();
    let max = params.max_wasm_size;
    let just = compress(&vec![0; max as usize]).unwrap();
    assert_eq!(decompress(0, &just, &params).unwrap().len(), max as usize);
    for over in [1, 2, 3_000_000] {
        let bomb = compress(&vec![0; max as usize + over]).unwrap();
        assert!(bomb.len() < 1_000);
        assert_eq!(
            decompress(0, &bomb, &params),
            Err(CodeError::WasmTooLarge { max })
        );
    }
}

#[test]
fn damaged_streams() {
    let params = Params::default();
    let stream = compress(&noise(1_000)).unwrap();
    assert_eq!(decompress(0, &[], &params), Err(CodeError::Stream));
    assert_eq!(
        decompress(0, &stream[..stream.len() - 1], &params),
        Err(CodeError::Stream)
    );
    let longer = [&stream[..], b"tail"].concat();
    assert!(matches!(
        decompress(0, &longer, &params),
        Err(CodeError::TrailingBytes(_) | CodeError::Stream)
    ));
    assert_eq!(
        decompress(1, &stream, &params),
        Err(CodeError::Dictionary(1))
    );
    assert_eq!(
        decompress(7, &stream, &params),
        Err(CodeError::Dictionary(7))
    );
}

#[test]
fn large_windows_are_no_brotli() {
    // 0x11 announces a window beyond 24 bits, an extension of the format.
    assert_eq!(
        decompress(0, &[0x11, 30, 0x03], &Params::default()),
        Err(CodeError::Stream)
    );
}

#[test]
fn prefixes() {
    let (old, new) = (Params::arbos_51(), Params::arbos_60());
    for (code, program_51, program_60, stored_60) in [
        (&[0xEF, 0xF0, 0x00][..], false, false, false),
        (&[0xEF, 0xF0, 0x00, 0x00], true, true, true),
        (&[0xEF, 0xF0, 0x01, 0x00], false, false, true),
        (&[0xEF, 0xF0, 0x02, 0x00], false, true, true),
        (&[0xEF, 0xF0, 0x03, 0x00], false, false, false),
        (&[0xEF, 0x01, 0x00, 0x00], false, false, false),
        (&[], false, false, false),
    ] {
        assert_eq!(is_program(code, &old), program_51, "{code:?}");
        assert_eq!(is_stylus_prefix(code, &old), program_51, "{code:?}");
        assert_eq!(is_program(code, &new), program_60, "{code:?}");
        assert_eq!(is_stylus_prefix(code, &new), stored_60, "{code:?}");
    }
    assert_eq!(parse(&[0x60, 0x80, 0x60, 0x40]), Err(CodeError::NotStylus));
    assert_eq!(parse(&CLASSIC_PREFIX), Err(CodeError::NotStylus));
    assert_eq!(
        decode(&[0xEF, 0xF0, 0x01, 0x00], &new),
        Err(CodeError::LoneFragment)
    );
    assert_eq!(
        decode(&root(1, &[[0; 20]]), &new),
        Err(CodeError::Fragmented)
    );
}

#[test]
fn code_size() {
    let params = Params::default();
    assert_eq!(check_size(&[0; 24_576], &params), Ok(()));
    assert_eq!(
        check_size(&[0; 24_577], &params),
        Err(CodeError::CodeTooLarge {
            len: 24_577,
            max: 24_576
        })
    );
}

/// Runs the ten opcodes by hand.
#[test]
fn init_code_returns_the_code() {
    let code = noise(24_576);
    let init = init_code(&code).unwrap();
    // PUSH2 0x6000, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY(0, 10, 0x6000), RETURNDATASIZE, RETURN(0, 0x6000)
    assert_eq!(
        init[..10],
        [0x61, 0x60, 0x00, 0x80, 0x60, 10, 0x3d, 0x39, 0x3d, 0xf3]
    );
    assert_eq!(init[10..], code);
    assert!(matches!(
        init_code(&[0; 65_536]),
        Err(CodeError::CodeTooLarge { len: 65_536, .. })
    ));
}

#[test]
fn fragments() {
    let params = Params::arbos_60();
    let wasm = noise(40_000);
    let codes = split(&wasm, &params).unwrap();
    assert_eq!(codes.len(), 2);
    assert_eq!(codes[0].len(), 24_576, "the first is full");
    let addresses = [[0x11; 20], [0x22; 20]];
    let root_code = root(wasm.len() as u32, &addresses);
    assert_eq!(
        root_code[..8],
        [0xEF, 0xF0, 0x02, 0x00, 0x00, 0x00, 0x9c, 0x40],
        "40 000 big-endian"
    );
    assert_eq!(root_code.len(), 8 + 40);

    let Kind::Root(root) = parse(&root_code).unwrap() else {
        panic!("a root")
    };
    assert_eq!(root.fragments, addresses);
    let pieces: Vec<&[u8]> = codes.iter().map(Vec::as_slice).collect();
    assert_eq!(assemble(&root, &pieces, &params).unwrap(), wasm);

    assert_eq!(
        assemble(&root, &pieces, &Params::arbos_51()),
        Err(CodeError::NoFragments)
    );
    assert_eq!(
        assemble(&root, &pieces[..1], &params),
        Err(CodeError::FragmentCount {
            expected: 2,
            found: 1
        })
    );
    assert_eq!(
        assemble(&root, &[pieces[1], pieces[0]], &params),
        Err(CodeError::Stream),
        "the order matters"
    );
    let root = stylus_rules::code::Root {
        wasm_len: 39_999,
        ..root
    };
    let wrong = CodeError::WrongLength {
        expected: 39_999,
        found: 40_000,
    };
    assert_eq!(assemble(&root, &pieces, &params), Err(wrong));
}

#[test]
fn fragments_that_are_refused() {
    let params = Params::arbos_60();
    let too_many = CodeError::TooManyFragments { count: 3, max: 2 };
    assert_eq!(split(&noise(60_000), &params), Err(too_many.clone()));
    assert_eq!(
        split(&noise(10), &Params::arbos_51()),
        Err(CodeError::NoFragments)
    );
    let max = params.max_wasm_size;
    assert_eq!(
        split(&vec![0; 131_073], &params),
        Err(CodeError::WasmTooLarge { max })
    );

    let code = root(1, &[[0; 20]; 3]);
    let Kind::Root(three) = parse(&code).unwrap() else {
        panic!("a root")
    };
    assert_eq!(assemble(&three, &[&[], &[], &[]], &params), Err(too_many));
    let code = root(131_073, &[[0; 20]]);
    let Kind::Root(large) = parse(&code).unwrap() else {
        panic!("a root")
    };
    assert_eq!(
        assemble(&large, &[&[]], &params),
        Err(CodeError::WasmTooLarge { max })
    );

    assert_eq!(parse(&root(1, &[])), Err(CodeError::FragmentList(0)));
    let ragged = [&ROOT_PREFIX[..], &[0; 5], &[0; 21]].concat();
    assert_eq!(parse(&ragged), Err(CodeError::FragmentList(21)));
}
