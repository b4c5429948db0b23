// Made by tools/live_networks.py: the networks that pages can run, and their files.
globalThis.NETWORKS = {
"gan_emoji":{"graph": "gan_emoji.onnx.gz", "graphBytes": 1017, "graphHash": "d5f0469cdcee", "weights": "gan_emoji.safetensors", "weightBytes": 1362222, "weightHash": "91e33041503f"},
"stylegan2_mapping":{"graph": "stylegan2_mapping.onnx.gz", "graphBytes": 675, "graphHash": "9bd6b2cf08a3", "weights": "stylegan2_emoji.safetensors", "weightBytes": 1509782, "weightHash": "5cf8d0359bdf"},
"stylegan2_synthesis":{"graph": "stylegan2_synthesis.onnx.gz", "graphBytes": 6686, "graphHash": "e6a0ab057b42", "weights": "stylegan2_emoji.safetensors", "weightBytes": 1509782, "weightHash": "5cf8d0359bdf"},
"flow_emoji":{"graph": "flow_emoji.onnx.gz", "graphBytes": 9775, "graphHash": "9b9720fab130", "weights": "flow_emoji.safetensors", "weightBytes": 2968574, "weightHash": "88ef89a329bc"},
"resnet_emoji_category":{"graph": "resnet_emoji_category.onnx.gz", "graphBytes": 2152, "graphHash": "bc4db5658a66", "weights": "resnet_emoji_category.safetensors", "weightBytes": 2436464, "weightHash": "bc3a2fca4b03"},
"resnet_emoji_designer":{"graph": "resnet_emoji_designer.onnx.gz", "graphBytes": 2156, "graphHash": "8883eb692bde", "weights": "resnet_emoji_designer.safetensors", "weightBytes": 2437492, "weightHash": "a1e720cfd6cc"},
"srresnet_x4_light":{"graph": "srresnet_x4_light.onnx.gz", "graphBytes": 2781, "graphHash": "c0fa1462eed6", "weights": "srresnet_x4_light.safetensors", "weightBytes": 498364, "weightHash": "eb520389c71c"},
"srresnet_restore":{"graph": "srresnet_restore.onnx.gz", "graphBytes": 1510, "graphHash": "f27bc70f8076", "weights": "srresnet_restore.safetensors", "weightBytes": 725456, "weightHash": "792575c3ddb6"}
};
