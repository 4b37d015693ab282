//! A contract around option-math. Its calldata is a list of 16-byte little-endian words, the first one the function;
//! its result is a list of such words, the first one 0, or 1 and the refusal's number.
#![no_std]

use option_math as math;

#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn read_args(destination: *mut u8);
    fn write_result(data: *const u8, length: usize);
    fn pay_for_memory_grow(pages: u16);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Most words of an input and of an output.
const WORDS: usize = 32;

/// Never called: a Stylus program must import the hook that charges for memory.
#[unsafe(no_mangle)]
pub extern "C" fn mark_used() {
    unsafe { pay_for_memory_grow(0) }
}

#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(length: usize) -> i32 {
    let mut input = [0u128; WORDS];
    let mut output = [0u128; WORDS];
    if length > WORDS * 16 {
        return 1;
    }
    // SAFETY: the host writes `length` bytes, which fit.
    unsafe { read_args(input.as_mut_ptr().cast()) };
    let used = answer(&input, &mut output);
    // SAFETY: at most `WORDS` words are read.
    unsafe { write_result(output.as_ptr().cast(), (used.min(WORDS)) * 16) };
    0
}

fn answer(input: &[u128; WORDS], output: &mut [u128; WORDS]) -> usize {
    let [function, spot, strike, vol, tenor, rate, ..] = *input;
    match function {
        // The empty call, whose ink is subtracted.
        0 => {
            for (to, from) in output[1..10].iter_mut().zip(&input[1..10]) {
                *to = *from;
            }
            10
        }
        1 => put(output, math::greeks(spot, strike, vol as u64, tenor as u64, rate as i64)),
        _ => 0,
    }
}

fn put(output: &mut [u128; WORDS], result: Result<math::Greeks, math::MathError>) -> usize {
    match result {
        Ok(g) => {
            output[1] = g.price;
            output[2] = g.delta as u128;
            output[3] = g.spot_gamma;
            output[4] = g.vega;
            output[5] = g.theta as u128;
        }
        Err(_) => output[0] = 1,
    }
    10
}
