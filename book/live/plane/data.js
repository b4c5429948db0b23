// Made by tools/live_plane.py: points of the record srgan_x4 on the plane.
// The photographs beside this file keep their authors' licences: see the page "Data" of the course.
globalThis.PLANE = {"line":[[28.279,50.56],[28.197,46.05],[27.939,36.86],[27.52,19.39],[26.913,10.32]],"others":{"nearest":[25.667,80.82],"bicubic":[26.863,67.77]},"shares":[0,0.25,0.5,0.75,1],"crops":["animals_koala","monuments_petra","monuments_greatPyramidOfGiza"],"photographs":12};
