// Keeps the log current.

import { refresh, whenChanged } from "./page.js";

whenChanged(refresh);
