//! The Stylus VM, through its host functions. All unsafe code of the contract is in this file.
//!
//! On a chain these are imports of module `vm_hooks`; in native tests motsu provides symbols of the same names.

use core::mem::MaybeUninit;

use alloy_primitives::Address;

use crate::word::Word;

#[cfg(not(feature = "export-abi"))]
mod hooks {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        pub fn block_basefee(dest: *mut u8);
        pub fn block_timestamp() -> u64;
        pub fn chainid() -> u64;
        pub fn call_contract(
            to: *const u8,
            data: *const u8,
            len: usize,
            value: *const u8,
            gas: u64,
            returned: *mut usize,
        ) -> u8;
        pub fn contract_address(dest: *mut u8);
        #[cfg(target_arch = "wasm32")]
        pub fn delegate_call_contract(
            to: *const u8,
            data: *const u8,
            len: usize,
            gas: u64,
            returned: *mut usize,
        ) -> u8;
        pub fn emit_log(data: *const u8, len: usize, topics: usize);
        pub fn evm_gas_left() -> u64;
        pub fn msg_sender(dest: *mut u8);
        pub fn native_keccak256(data: *const u8, len: usize, dest: *mut u8);
        pub fn read_return_data(dest: *mut u8, offset: usize, size: usize) -> usize;
        pub fn static_call_contract(
            to: *const u8,
            data: *const u8,
            len: usize,
            gas: u64,
            returned: *mut usize,
        ) -> u8;
        pub fn storage_cache_bytes32(key: *const u8, value: *const u8);
        pub fn storage_load_bytes32(key: *const u8, dest: *mut u8);
        #[cfg(target_arch = "wasm32")]
        pub fn msg_reentrant() -> u32;
        #[cfg(target_arch = "wasm32")]
        pub fn msg_value(dest: *mut u8);
        #[cfg(target_arch = "wasm32")]
        pub fn read_args(dest: *mut u8);
        #[cfg(target_arch = "wasm32")]
        pub fn storage_flush_cache(clear: u32);
        #[cfg(target_arch = "wasm32")]
        pub fn write_result(data: *const u8, len: usize);
    }
}

/// The program that prints the ABI runs nothing of the contract: stand-ins so that it links without a VM.
#[cfg(feature = "export-abi")]
#[allow(clippy::missing_const_for_fn)]
mod hooks {
    macro_rules! absent {
        ($($name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty)?;)*) => {
            $(pub unsafe fn $name($(_: $type),*) $(-> $ret)? { unreachable!("no VM while exporting the ABI") })*
        };
    }
    absent! {
        block_basefee(dest: *mut u8);
        block_timestamp() -> u64;
        chainid() -> u64;
        call_contract(to: *const u8, data: *const u8, len: usize, value: *const u8, gas: u64, returned: *mut usize) -> u8;
        contract_address(dest: *mut u8);
        emit_log(data: *const u8, len: usize, topics: usize);
        evm_gas_left() -> u64;
        msg_sender(dest: *mut u8);
        native_keccak256(data: *const u8, len: usize, dest: *mut u8);
        read_return_data(dest: *mut u8, offset: usize, size: usize) -> usize;
        static_call_contract(to: *const u8, data: *const u8, len: usize, gas: u64, returned: *mut usize) -> u8;
        storage_cache_bytes32(key: *const u8, value: *const u8);
        storage_load_bytes32(key: *const u8, dest: *mut u8);
    }
}

/// Runs `fill` on an uninitialised word and reads it.
fn word_from(fill: impl FnOnce(*mut u8)) -> Word {
    let mut bytes = [0_u8; 32];
    fill(bytes.as_mut_ptr());
    Word::from_be(&bytes)
}

fn address_from(fill: impl FnOnce(*mut u8)) -> Address {
    let mut bytes = [0_u8; 20];
    fill(bytes.as_mut_ptr());
    Address::new(bytes)
}

/// Who called.
#[inline(never)]
pub fn caller() -> Address {
    // SAFETY: the host writes 20 bytes.
    address_from(|dest| unsafe { hooks::msg_sender(dest) })
}

/// This contract.
#[inline(never)]
pub fn this() -> Address {
    // SAFETY: the host writes 20 bytes.
    address_from(|dest| unsafe { hooks::contract_address(dest) })
}

/// Time of the block, Unix seconds.
#[inline(never)]
pub fn now() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { hooks::block_timestamp() }
}

/// Base fee of the block, wei per gas.
pub fn base_fee() -> u128 {
    // SAFETY: the host writes 32 bytes.
    word_from(|dest| unsafe { hooks::block_basefee(dest) }).lo
}

/// The chain's id.
pub fn chain_id() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { hooks::chainid() }
}

/// Gas left in this call.
pub fn gas_left() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { hooks::evm_gas_left() }
}

/// Keccak-256 of two words: the slot of a mapping's entry.
#[inline(never)]
pub fn keccak(first: Word, second: Word) -> Word {
    let mut bytes = [0_u8; 64];
    if let ([a, b], _) = bytes.as_chunks_mut::<32>() {
        first.write_be(a);
        second.write_be(b);
    }
    // SAFETY: 64 readable bytes; the host writes 32.
    word_from(|dest| unsafe { hooks::native_keccak256(bytes.as_ptr(), bytes.len(), dest) })
}

/// EIP-712: the digest that is signed for a message in a domain.
pub fn typed_hash(domain: Word, message: Word) -> Word {
    let mut data = Buffer::new();
    data.append([0x19, 0x01]);
    data.word(domain);
    data.word(message);
    data.hash()
}

/// Reads a storage slot through the VM's cache.
#[inline(never)]
pub fn load(slot: Word) -> Word {
    let mut key = [0_u8; 32];
    slot.write_be(&mut key);
    // SAFETY: 32 readable bytes; the host writes 32.
    word_from(|dest| unsafe { hooks::storage_load_bytes32(key.as_ptr(), dest) })
}

/// Writes a storage slot in the VM's cache; the entry point flushes the cache when the call succeeds.
#[inline(never)]
pub fn store(slot: Word, value: Word) {
    let mut key = [0_u8; 32];
    let mut bytes = [0_u8; 32];
    slot.write_be(&mut key);
    value.write_be(&mut bytes);
    // SAFETY: both have 32 readable bytes.
    unsafe { hooks::storage_cache_bytes32(key.as_ptr(), bytes.as_ptr()) }
}

/// Emits an event: the first `topics` words of the buffer are topics.
#[inline(never)]
pub fn emit(log: &Buffer, topics: usize) {
    // SAFETY: `as_slice` is initialised memory.
    unsafe { hooks::emit_log(log.as_slice().as_ptr(), log.len, topics) }
}

/// Calls `to` with all gas; `None` when it reverts, otherwise how many bytes it returned.
#[inline(never)]
pub fn call(to: &Address, data: &Buffer) -> Option<usize> {
    let mut returned = 0;
    let data = data.as_slice();
    // SAFETY: 20, `len` and 32 readable bytes; the host writes one usize.
    let failed = unsafe {
        hooks::call_contract(
            to.as_ptr(),
            data.as_ptr(),
            data.len(),
            [0_u8; 32].as_ptr(),
            u64::MAX,
            &raw mut returned,
        )
    };
    (failed == 0).then_some(returned)
}

/// Reads `to` with at most `gas`; `None` when it reverts, otherwise how many bytes it returned.
#[inline(never)]
pub fn static_call(to: &Address, data: &Buffer, gas: u64) -> Option<usize> {
    let mut returned = 0;
    let data = data.as_slice();
    // SAFETY: 20 and `len` readable bytes; the host writes one usize.
    let failed = unsafe {
        hooks::static_call_contract(
            to.as_ptr(),
            data.as_ptr(),
            data.len(),
            gas,
            &raw mut returned,
        )
    };
    (failed == 0).then_some(returned)
}

/// Runs the code of `to` in this contract's place, with all gas: whether it succeeded, and how many bytes it returned. What was stored must have been
/// flushed.
#[cfg(target_arch = "wasm32")]
pub fn delegate_call(to: &Address, data: &[u8]) -> (bool, usize) {
    let mut returned = 0;
    // SAFETY: 20 and `len` readable bytes; the host writes one usize.
    let failed = unsafe {
        hooks::delegate_call_contract(
            to.as_ptr(),
            data.as_ptr(),
            data.len(),
            u64::MAX,
            &raw mut returned,
        )
    };
    (failed == 0, returned)
}

/// Flushes the VM's cache of storage and forgets what it read: another program has run in this one's place.
#[cfg(target_arch = "wasm32")]
pub fn forget() {
    // SAFETY: no memory is touched.
    unsafe { hooks::storage_flush_cache(1) }
}

/// The first `N` words that the last call returned; words that it did not return are 0.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "at most as many words as a call returns that the contract knows"
)]
pub fn returned_words<const N: usize>() -> [Word; N] {
    let mut bytes = [[0_u8; 32]; N];
    // SAFETY: the host writes at most the size given.
    unsafe { hooks::read_return_data(bytes.as_mut_ptr().cast(), 0, 32 * N) };
    bytes.map(|chunk| Word::from_be(&chunk))
}

/// The most calldata that is accepted: the constructor's, and room for what some wallets append.
pub const MAX_INPUT: usize = 4_096;

/// Room for the longest result, the chain of a full epoch, in words.
const MAX_WORDS: usize = 130;

/// Encoded words on their way out: a result, an error, an event, or the data of a call.
pub struct Buffer {
    bytes: [MaybeUninit<u8>; 32 * MAX_WORDS],
    len: usize,
}

impl Buffer {
    /// Nothing yet. The memory is not cleared: that would cost 13 gas each time.
    #[expect(clippy::new_without_default, reason = "nothing asks for a default")]
    pub const fn new() -> Self {
        Self {
            bytes: [MaybeUninit::uninit(); 32 * MAX_WORDS],
            len: 0,
        }
    }

    /// The beginning of a call's data.
    #[inline(never)]
    pub fn calling(selector: u32) -> Self {
        let mut buffer = Self::new();
        buffer.selector(selector);
        buffer
    }

    /// Appends bytes. What does not fit would be dropped; nothing that the contract encodes is as long.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the place was there, so the sum is within the buffer"
    )]
    fn append<const N: usize>(&mut self, bytes: [u8; N]) {
        debug_assert!(self.len + N <= self.bytes.len());
        if let Some(place) = self
            .bytes
            .get_mut(self.len..)
            .and_then(<[_]>::first_chunk_mut::<N>)
        {
            *place = bytes.map(MaybeUninit::new);
            self.len += N;
        }
    }

    /// Appends four bytes.
    #[inline(never)]
    pub fn selector(&mut self, selector: u32) {
        self.append(selector.to_be_bytes());
    }

    /// Appends a word.
    #[inline(never)]
    pub fn word(&mut self, word: Word) {
        let mut bytes = [0; 32];
        word.write_be(&mut bytes);
        self.append(bytes);
    }

    /// Appends a number as a word.
    #[inline(never)]
    pub fn number(&mut self, number: u128) {
        self.word(Word::from(number));
    }

    /// Appends an address as a word.
    #[inline(never)]
    pub fn address(&mut self, address: &Address) {
        self.append([0; 12]);
        self.append(address.0.0);
    }

    /// Forgets what has been appended from `len` bytes on.
    pub const fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    /// Keccak-256 of what has been appended.
    #[inline(never)]
    pub fn hash(&self) -> Word {
        let data = self.as_slice();
        // SAFETY: a slice is readable; the host writes 32 bytes.
        word_from(|dest| unsafe { hooks::native_keccak256(data.as_ptr(), data.len(), dest) })
    }

    /// Becomes what the last call returned, `len` bytes. What does not fit is left out; no function answers as much.
    #[cfg(target_arch = "wasm32")]
    pub fn returned(&mut self, len: usize) {
        let len = len.min(self.bytes.len());
        // SAFETY: the host writes at most the size given, which fits, and says how much it wrote.
        self.len = unsafe { hooks::read_return_data(self.bytes.as_mut_ptr().cast(), 0, len) };
    }

    /// Forgets what has been appended.
    pub const fn clear(&mut self) {
        self.len = 0;
    }

    /// What has been appended.
    pub const fn as_slice(&self) -> &[u8] {
        // SAFETY: `append` has written the first `len` bytes, and `len` never exceeds the buffer.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.len) }
    }
}

#[cfg(target_arch = "wasm32")]
mod entry {
    use super::*;
    use crate::errors::{Fail, fail, with_encoded};

    /// A panic ends the call like any other failure: everything is reverted.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! {
        core::arch::wasm32::unreachable()
    }

    /// The program's entry: `len` bytes of calldata wait at the host. Returns 0 for success and 1 for a revert.
    #[unsafe(no_mangle)]
    pub extern "C" fn user_entrypoint(len: usize) -> usize {
        let mut output = Buffer::new();
        match guarded(len, &mut output) {
            Ok(()) => {
                write_result(output.as_slice());
                0
            }
            Err(_) => {
                with_encoded(write_result);
                1
            }
        }
    }

    fn write_result(data: &[u8]) {
        // SAFETY: a slice is readable.
        unsafe { hooks::write_result(data.as_ptr(), data.len()) };
    }

    /// No function takes the chain's native token, and nothing of the contract, views included, runs inside a call it made.
    fn guarded(len: usize, output: &mut Buffer) -> Result<(), Fail> {
        // SAFETY: no memory is touched.
        if unsafe { hooks::msg_reentrant() } != 0 {
            return Err(fail::Reentrancy());
        }
        // SAFETY: the host writes 32 bytes.
        if word_from(|dest| unsafe { hooks::msg_value(dest) }) != Word::ZERO {
            return Err(fail::NotPayable());
        }
        if len > MAX_INPUT {
            return Err(fail::CalldataTooLong(len as u128));
        }
        let mut input = [MaybeUninit::<u8>::uninit(); MAX_INPUT];
        // SAFETY: the host writes `len` bytes, which fit, and the slice covers just those.
        let input = unsafe {
            hooks::read_args(input.as_mut_ptr().cast());
            core::slice::from_raw_parts(input.as_ptr().cast(), len)
        };
        crate::abi::dispatch(input, output)?;
        // After a view there is nothing to write, and the host allows it. The cache is not cleared: the program ends here.
        // SAFETY: no memory is touched.
        unsafe { hooks::storage_flush_cache(0) };
        Ok(())
    }
}
