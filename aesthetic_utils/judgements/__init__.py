"""What people say of pictures: votes, rankings, taste, and simulated raters to test a method on."""
