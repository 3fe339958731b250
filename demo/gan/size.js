// How big the models of this tab are.
import { createSizes } from "../web/size.js";

createSizes("gan");
