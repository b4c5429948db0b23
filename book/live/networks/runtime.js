// The program that runs networks: its packed size and a name for its content; tests/test_live_networks.py compares.
globalThis.NETWORK_RUNTIME = { file: "ort.wasm.gz", bytes: 3652765, hash: "9a202915ab71" };
