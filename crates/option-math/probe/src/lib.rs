//! A contract around option-math. Its calldata is a list of 16-byte little-endian words, the first one the function;
//! its result is a list of such words, the first one 0, or 1 for a refusal.
#![no_std]

#[cfg(not(feature = "empty"))]
mod functions;

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

/// Words of an input and of an output.
pub const WORDS: usize = 56;
pub type Words = [u128; WORDS];

/// Never called: a Stylus program must import the hook that charges for memory.
#[unsafe(no_mangle)]
pub extern "C" fn mark_used() {
    // SAFETY: a host function without preconditions.
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
    answer(&input, &mut output);
    // SAFETY: `WORDS` words are read.
    unsafe { write_result(output.as_ptr().cast(), WORDS * 16) };
    0
}

#[cfg(feature = "empty")]
fn answer(_: &Words, _: &mut Words) {}

#[cfg(not(feature = "empty"))]
fn answer(input: &Words, output: &mut Words) {
    if functions::call(input, output).is_none() {
        output[0] = 1;
    }
}
