// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Calls other contracts in all the ways there are.
contract Relay {
    event Relayed(address to);

    function forward(address to, bytes calldata data, bool fail) external returns (bytes memory) {
        emit Relayed(to);
        (bool ok, bytes memory output) = to.call(data);
        require(ok, "callee failed");
        require(!fail, "told to fail");
        return output;
    }

    function attempt(address to, bytes calldata data) external returns (bool, bytes memory) {
        return to.call(data);
    }

    function look(address to, bytes calldata data) external view returns (bool, bytes memory) {
        return to.staticcall(data);
    }

    function delegate(address to, bytes calldata data) external payable returns (bool, bytes memory) {
        return to.delegatecall(data);
    }
}
