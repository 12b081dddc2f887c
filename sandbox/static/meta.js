// The page "Play Meta": keeps its cards in step with what happens elsewhere.

import { refresh, whenChanged } from "./page.js";

whenChanged(refresh);
