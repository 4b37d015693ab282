// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// An ERC-20 that anybody may mint.
contract PlainToken {
    uint8 public decimals;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external virtual returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        move(from, to, amount);
        return true;
    }

    function move(address from, address to, uint256 amount) internal virtual {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Keeps one percent of what is moved, unless it is told not to.
contract FeeToken is PlainToken {
    bool public free;

    constructor(uint8 decimals_) PlainToken(decimals_) {}

    function setFree(bool free_) external {
        free = free_;
    }

    function move(address from, address to, uint256 amount) internal override {
        balanceOf[from] -= amount;
        balanceOf[to] += free ? amount : amount - amount / 100;
    }
}

/// Says `false` instead of reverting, when told to.
contract FalseToken is PlainToken {
    bool public silent;

    constructor(uint8 decimals_) PlainToken(decimals_) {}

    function setSilent(bool silent_) external {
        silent = silent_;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (silent) return false;
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        if (silent) return false;
        allowance[from][msg.sender] -= amount;
        move(from, to, amount);
        return true;
    }
}

/// Says `true` and moves nothing.
contract LyingToken is PlainToken {
    constructor(uint8 decimals_) PlainToken(decimals_) {}

    function move(address, address, uint256) internal override {}
}

/// Moves tokens and returns nothing, like some of the oldest.
contract MuteToken {
    uint8 public decimals;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Calls back while it moves, and remembers what came of it.
contract CallingToken is PlainToken {
    address public target;
    bytes public call;
    bool public strict;
    bool public ok;
    bytes public answer;

    constructor(uint8 decimals_) PlainToken(decimals_) {}

    /// Strict: fails with the words of the call it made.
    function arm(address target_, bytes calldata call_, bool strict_) external {
        (target, call, strict) = (target_, call_, strict_);
        (ok, answer) = (false, "");
    }

    function move(address from, address to, uint256 amount) internal override {
        super.move(from, to, amount);
        if (target == address(0)) return;
        (bool success, bytes memory output) = target.call(call);
        if (strict && !success) {
            assembly {
                revert(add(output, 32), mload(output))
            }
        }
        (ok, answer) = (success, output);
    }
}

/// Burns all gas it is given, when told to.
contract GreedyToken is PlainToken {
    bool public greedy;

    constructor(uint8 decimals_) PlainToken(decimals_) {}

    function setGreedy(bool greedy_) external {
        greedy = greedy_;
    }

    function move(address from, address to, uint256 amount) internal override {
        if (greedy) {
            assembly {
                invalid()
            }
        }
        super.move(from, to, amount);
    }
}

interface IToken {
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// A router of real pools that takes a part of what it is offered, in percent, gives nothing, and says that it gave what was asked.
contract FalseRouter {
    struct Swap {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    uint8 private percent;
    address public factory;

    constructor(uint8 percent_) {
        percent = percent_;
    }

    function setFactory(address factory_) external {
        factory = factory_;
    }

    function exactInputSingle(Swap calldata swap) external returns (uint256) {
        IToken(swap.tokenIn).transferFrom(msg.sender, address(this), (swap.amountIn * percent) / 100);
        return swap.amountOutMinimum;
    }
}

/// Refuses to move to or from one account at a time.
contract BlockingToken is PlainToken {
    address public blocked;

    constructor(uint8 decimals_) PlainToken(decimals_) {}

    function block_(address account) external {
        blocked = account;
    }

    function move(address from, address to, uint256 amount) internal override {
        require(from != blocked && to != blocked, "blocked");
        super.move(from, to, amount);
    }
}
