"""How others get the playground: a Space, a container, many machines."""
