//! The interfaces that the handles use.
#![allow(missing_docs, reason = "the contracts' own names")]

use alloy_sol_types::sol;

sol! {
    interface IErc20 {
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 value) external returns (bool);
        function transfer(address to, uint256 value) external returns (bool);
        function transferFrom(address from, address to, uint256 value) external returns (bool);
    }

    interface IErc20Preset {
        function mint(address to, uint256 amount) external;
        function pause() external;
        function unpause() external;
    }

    interface IWeth9 {
        function deposit() external payable;
        function withdraw(uint256 wad) external;
        // The published WETH9 returns true, see IErc20; these two return nothing.
    }

    interface IFiatToken {
        function initialize(string tokenName, string tokenSymbol, string tokenCurrency, uint8 tokenDecimals,
            address newMasterMinter, address newPauser, address newBlacklister, address newOwner) external;
        function initializeV2(string newName) external;
        function initializeV2_1(address lostAndFound) external;
        function initializeV2_2(address[] accountsToBlacklist, string newSymbol) external;
        function configureMinter(address minter, uint256 minterAllowedAmount) external returns (bool);
        function mint(address to, uint256 amount) external returns (bool);
        function blacklist(address account) external;
        function unBlacklist(address account) external;
        function pause() external;
        function unpause() external;
    }

    interface IFluxAggregator {
        function changeOracles(address[] removed, address[] added, address[] addedAdmins, uint32 minSubmissions,
            uint32 maxSubmissions, uint32 restartDelay) external;
        function submit(uint256 roundId, int256 submission) external;
        function latestRound() external view returns (uint256);
    }

    interface IAggregatorProxy {
        function aggregator() external view returns (address);
        function phaseId() external view returns (uint16);
        function decimals() external view returns (uint8);
        function proposeAggregator(address aggregator) external;
        function confirmAggregator(address aggregator) external;
        function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt,
            uint256 updatedAt, uint80 answeredInRound);
        function getRoundData(uint80 id) external view returns (uint80 roundId, int256 answer,
            uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
    }

    interface IUniswapV3Factory {
        function createPool(address tokenA, address tokenB, uint24 fee) external returns (address pool);
        function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
    }

    interface IUniswapV3Pool {
        function initialize(uint160 sqrtPriceX96) external;
        function slot0() external view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex,
            uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked);
        function tickSpacing() external view returns (int24);
        function liquidity() external view returns (uint128);
        function observe(uint32[] secondsAgos) external view returns (int56[] tickCumulatives,
            uint160[] secondsPerLiquidityCumulativeX128s);
        function increaseObservationCardinalityNext(uint16 observationCardinalityNext) external;
    }

    struct MintParams {
        address token0;
        address token1;
        uint24 fee;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
    }

    interface IPositionManager {
        function mint(MintParams params) external payable returns (uint256 tokenId, uint128 liquidity,
            uint256 amount0, uint256 amount1);
    }

    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    interface ISwapRouter {
        function exactInputSingle(ExactInputSingleParams params) external payable returns (uint256 amountOut);
    }

    struct QuoteExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        uint256 amountIn;
        uint24 fee;
        uint160 sqrtPriceLimitX96;
    }

    interface IQuoterV2 {
        function quoteExactInputSingle(QuoteExactInputSingleParams params) external returns (uint256 amountOut,
            uint160 sqrtPriceX96After, uint32 initializedTicksCrossed, uint256 gasEstimate);
    }
}
