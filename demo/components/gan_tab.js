// The GAN tab's list of stations.
Playground.translate(element);
Playground.stations(element, "gan", ["gallery", "training"]);
